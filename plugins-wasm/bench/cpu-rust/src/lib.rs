//! Work for measuring the meter. The input's first byte says which: s sieve, f fib, q shell sort, j JSON, maps and sort.
mod clawdbot;

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

fn sieve() -> u32 {
    let mut composite = vec![0u8; 1 << 21];
    let mut count = 0;
    for _ in 0..12 {
        composite.fill(0);
        count = 0;
        for i in 2..composite.len() {
            if composite[i] != 0 {
                continue;
            }
            count += 1;
            let mut j = i * 2;
            while j < composite.len() {
                composite[j] = 1;
                j += i;
            }
        }
    }
    count
}

#[inline(never)]
fn fib(n: u32) -> u32 {
    if n < 2 {
        n
    } else {
        fib(n - 1) + fib(n - 2)
    }
}

fn shell_sort() -> u32 {
    let mut values = vec![0u32; 1 << 18];
    let mut seed = 1u32;
    for _ in 0..6 {
        for value in values.iter_mut() {
            seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
            *value = seed;
        }
        let mut gap = values.len() / 2;
        while gap > 0 {
            for i in gap..values.len() {
                let value = values[i];
                let mut j = i;
                while j >= gap && values[j - gap] > value {
                    values[j] = values[j - gap];
                    j -= gap;
                }
                values[j] = value;
            }
            gap /= 2;
        }
    }
    values[99]
}

#[derive(Serialize, Deserialize)]
struct Row {
    id: u32,
    name: String,
    words: Vec<String>,
    value: f64,
}

fn work() -> u32 {
    let mut sum = 0;
    for _ in 0..12 {
        let rows: Vec<Row> = (0..2000u32)
            .map(|i| Row {
                id: i * 7919 % 2003,
                name: "pump \"north\" 泵".into(),
                words: "start stop faster slower".split(' ').map(String::from).collect(),
                value: i as f64 / 4.0,
            })
            .collect();
        let text = serde_json::to_string(&rows).unwrap();
        let mut read: Vec<Row> = serde_json::from_str(&text).unwrap();
        let mut counts: HashMap<String, u32> = HashMap::new();
        for row in &read {
            for word in &row.words {
                *counts.entry(format!("{word}{}", row.name)).or_default() += row.id;
            }
        }
        read.sort_by_key(|row| row.id);
        sum += counts.len() as u32 + read[7].id + text.len() as u32;
    }
    sum
}

#[export_name = "register"]
pub extern "C" fn register() -> i32 {
    clawdbot::output(br#"{"tools":[{"name":"cpu","description":"Works","parameters":{"type":"object"}}]}"#);
    0
}

#[export_name = "execute"]
pub extern "C" fn execute() -> i32 {
    let result = match clawdbot::input()[0] {
        b's' => sieve(),
        b'f' => fib(35),
        b'q' => shell_sort(),
        b'j' => work(),
        _ => 0,
    };
    clawdbot::output(&result.to_le_bytes());
    0
}
