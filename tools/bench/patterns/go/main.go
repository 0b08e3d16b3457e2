// Drives quamina for patterns.py: quaminabench EVENTS RULES. Both files have one JSON text per line. It adds the rules, answers with
// a line of JSON, and then, for each line "pass" on its input, matches all events and answers with the time and the matches.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"strconv"
	"time"

	"quamina.net/go/quamina/v2"
)

func lines(path string) [][]byte {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

func answer(value map[string]any) {
	text, err := json.Marshal(value)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}

func heapInUse() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: quaminabench EVENTS RULES")
	}
	events, rules := lines(os.Args[1]), lines(os.Args[2])
	before := heapInUse()
	begin := time.Now()
	matcher, err := quamina.New()
	if err != nil {
		log.Fatal(err)
	}
	for i, rule := range rules {
		if err := matcher.AddPattern("rule-"+strconv.Itoa(i), string(rule)); err != nil {
			answer(map[string]any{"error": fmt.Sprintf("rule %d: %v", i, err)})
			return
		}
	}
	seconds := time.Since(begin).Seconds()
	answer(map[string]any{"rules": len(rules), "add_seconds": seconds, "bytes": int64(heapInUse()) - int64(before)})
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		if commands.Text() != "pass" {
			log.Fatalf("no such command: %s", commands.Text())
		}
		hits := 0
		begin = time.Now()
		for _, event := range events {
			names, err := matcher.MatchesForEvent(event)
			if err != nil {
				log.Fatal(err)
			}
			hits += len(names)
		}
		answer(map[string]any{"seconds": time.Since(begin).Seconds(), "hits": hits})
	}
}
