//! Drives quamina-rs for patterns.py: quamina-rs-bench EVENTS RULES comfort|speed. Both files have one JSON text per line. It adds the
//! rules, answers with a line of JSON, and then, for each line "pass" on its input, matches all events and answers with the time and
//! the matches. The last argument is the engine's build mode for wildcards and regular expressions.
use quamina::{MatcherBuildMode, QuaminaBuilder};
use std::io::BufRead;
use std::time::Instant;

fn lines(path: &str) -> Vec<&'static str> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    Box::leak(text.into_boxed_str()).lines().collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, events, rules, mode] = arguments.as_slice() else {
        panic!("usage: quamina-rs-bench EVENTS RULES comfort|speed");
    };
    let (events, rules) = (lines(events), lines(rules));
    let names: Vec<&'static str> = (0..rules.len())
        .map(|i| &*Box::leak(format!("rule-{i}").into_boxed_str()))
        .collect();
    let begin = Instant::now();
    let mut matcher = QuaminaBuilder::<&'static str>::new()
        .with_arena_byte_budget(8 << 30)
        .build()
        .expect("the options are valid");
    matcher.set_matcher_build_mode(match mode.as_str() {
        "comfort" => MatcherBuildMode::BuiltForComfort,
        "speed" => MatcherBuildMode::BuiltForSpeed,
        _ => panic!("no such build mode: {mode}"),
    });
    for (name, rule) in names.iter().zip(&rules) {
        if let Err(error) = matcher.add_pattern(name, rule) {
            let text = format!("{name}: {error}").replace(['"', '\\', '\n'], " ");
            println!("{{\"error\":\"{text}\"}}");
            return;
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{{\"rules\":{},\"add_seconds\":{seconds}}}", rules.len());
    for command in std::io::stdin().lock().lines() {
        let command = command.expect("commands are UTF-8");
        assert_eq!(command, "pass", "no such command");
        let mut hits = 0;
        let begin = Instant::now();
        for event in &events {
            let matched = matcher.matches_for_event(event.as_bytes()).expect("the events are valid");
            hits += matched.len();
        }
        println!("{{\"seconds\":{},\"hits\":{hits}}}", begin.elapsed().as_secs_f64());
    }
}
