// What a request carries, and how it is answered.

export function bodyOf(event) {
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString("utf8") : event.body;
  const body = typeof text === "string" ? JSON.parse(text) : text;
  if (!body || Object.keys(body).length === 0) throw new Error("Missing request body!");
  return body;
}

export function environment(...names) {
  const missing = names.filter((name) => !process.env[name]).map((key) => ({ key }));
  if (missing.length > 0) throw new Error(`Missing one or more required environment variables! ${JSON.stringify(missing)}`);
  return names.map((name) => process.env[name]);
}

// Every failure is the client's to see, as text.
export const answering = (work) => async (event) => {
  try {
    return { statusCode: await work(event) };
  } catch (error) {
    return { statusCode: 400, body: error.message };
  }
};
