import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import software.amazon.event.ruler.Machine;

/**
 * Drives event-ruler for patterns.py: RulerBench EVENTS RULES. Both files have one JSON text per line. It adds the rules, answers
 * with a line of JSON, and then, for each line "pass" on its input, matches all events and answers with the time and the matches.
 */
public final class RulerBench {
  private static String[] lines(String path) throws Exception {
    return Files.readAllLines(Path.of(path)).toArray(new String[0]);
  }

  /** What the last collection left; what was allocated since, buffers of the threads above all, does not count. */
  private static long heapInUse() {
    long bytes = 0;
    System.gc();
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.HEAP) bytes += pool.getCollectionUsage().getUsed();
    }
    return bytes;
  }

  private static String quoted(String text) {
    return '"' + text.replaceAll("[\\p{Cntrl}\"\\\\]", " ") + '"';
  }

  private static Machine build(String[] rules) throws Exception {
    Machine machine = Machine.builder().build();
    for (int i = 0; i < rules.length; ++i) machine.addRule("rule-" + i, rules[i]);
    return machine;
  }

  private static long pass(Machine machine, String[] events) throws Exception {
    long hits = 0;
    for (String event : events) {
      List<String> names = machine.rulesForJSONEvent(event);
      hits += names.size();
    }
    return hits;
  }

  public static void main(String[] arguments) throws Exception {
    String[] rules = lines(arguments[1]);
    String[] events = lines(arguments[0]);
    try {
      build(rules);  // so that what is measured is not the loading of classes
    } catch (Exception refused) {
      System.out.println("{\"error\":" + quoted(refused.getMessage()) + "}");
      return;
    }
    long before = heapInUse();
    long begin = System.nanoTime();
    Machine machine = build(rules);
    double seconds = (System.nanoTime() - begin) / 1e9;
    System.out.println("{\"rules\":" + rules.length + ",\"add_seconds\":" + seconds + ",\"bytes\":" + (heapInUse() - before) + "}");
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String command = commands.readLine(); command != null; command = commands.readLine()) {
      if (!command.equals("pass")) throw new IllegalArgumentException(command);
      begin = System.nanoTime();
      long hits = pass(machine, events);
      System.out.println("{\"seconds\":" + (System.nanoTime() - begin) / 1e9 + ",\"hits\":" + hits + "}");
    }
  }
}
