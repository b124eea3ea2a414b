//! What a Clawdbot plugin in Rust needs: its call, its answer, and the host's functions.
//!
//! ```ignore
//! mod clawdbot;
//! clawdbot::plugin!(tools, execute);
//! fn tools() -> Vec<clawdbot::Tool> { … }
//! fn execute(call: clawdbot::Call) -> Result<clawdbot::Answer, String> { … }
//! ```
#![allow(dead_code)]

mod capabilities;
pub use capabilities::*;

use serde::{de::DeserializeOwned, Deserialize, Serialize};
use serde_json::Value;

/// What `execute` is given. `arguments` is an object that the tool's schema holds for.
#[derive(Deserialize)]
pub struct Call {
    pub tool: String,
    pub arguments: Value,
    pub context: Context,
}

#[derive(Deserialize)]
pub struct Context {
    /// "en" or "zh-CN".
    pub locale: String,
    pub now_ms: f64,
}

/// What a call comes to: a text for people, with data where there is some.
#[derive(Serialize)]
pub struct Answer {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// Why the host didn't do what it was asked.
#[derive(Debug, Deserialize)]
pub struct HostError {
    pub code: String,
    pub message: String,
}

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl From<HostError> for String {
    fn from(error: HostError) -> String {
        error.to_string()
    }
}

/// Defines the exports `register` and `execute`.
#[macro_export]
macro_rules! clawdbot_plugin {
    ($tools:path, $execute:path) => {
        #[export_name = "register"]
        pub extern "C" fn clawdbot_register() -> i32 {
            $crate::clawdbot::describe($tools())
        }
        #[export_name = "execute"]
        pub extern "C" fn clawdbot_execute() -> i32 {
            $crate::clawdbot::answer($execute)
        }
    };
}
pub use clawdbot_plugin as plugin;

/// The body of the export `register`.
pub fn describe(tools: Vec<Tool>) -> i32 {
    match serde_json::to_vec(&serde_json::json!({ "tools": tools })) {
        Ok(text) => output(&text),
        Err(_) => return 1,
    }
    0
}

/// The body of the export `execute`.
pub fn answer(execute: fn(Call) -> Result<Answer, String>) -> i32 {
    let Ok(call) = serde_json::from_slice::<Call>(&input()) else {
        return 1;
    };
    let said = match execute(call) {
        Ok(answer) => serde_json::to_vec(&answer),
        Err(error) => serde_json::to_vec(&serde_json::json!({ "error": error })),
    };
    match said {
        Ok(text) => output(&text),
        Err(_) => return 1,
    }
    0
}

mod host {
    #[link(wasm_import_module = "extism:host/env")]
    extern "C" {
        pub fn input_length() -> u64;
        pub fn input_load_u64(at: u64) -> u64;
        pub fn input_load_u8(at: u64) -> u32;
        pub fn alloc(bytes: u64) -> u64;
        pub fn free(block: u64);
        pub fn length(block: u64) -> u64;
        pub fn load_u64(at: u64) -> u64;
        pub fn load_u8(at: u64) -> u32;
        pub fn store_u64(at: u64, value: u64);
        pub fn store_u8(at: u64, value: u32);
        pub fn output_set(block: u64, bytes: u64);
        pub fn log_info(block: u64);
    }
}

// Every function of the host's checks what it is given, and none touches this module's memory.

/// What the export was called with.
pub fn input() -> Vec<u8> {
    unsafe { load(host::input_length(), 0, |at| host::input_load_u64(at), |at| host::input_load_u8(at)) }
}

/// What the export gives.
pub fn output(bytes: &[u8]) {
    unsafe { host::output_set(lend(bytes), bytes.len() as u64) }
}

/// A line in the plugin's own log. Wants the capability "log".
pub fn log(line: &str) {
    let block = lend(line.as_bytes());
    unsafe {
        host::log_info(block);
        if block != 0 {
            host::free(block);
        }
    }
}

/// Asks the host: `function` is one that the host lends, `asked` what it is given as JSON.
fn ask<A: Serialize, R: DeserializeOwned>(function: unsafe extern "C" fn(u64) -> u64, asked: &A) -> Result<R, HostError> {
    let unread = || HostError { code: "reply".into(), message: "the host's answer can't be read".into() };
    let text = serde_json::to_vec(asked).map_err(|_| unread())?;
    let bytes = unsafe {
        let block = function(lend(&text));
        let bytes = load(host::length(block), block, |at| host::load_u64(at), |at| host::load_u8(at));
        host::free(block);
        bytes
    };
    let mut said: serde_json::Map<String, Value> = serde_json::from_slice(&bytes).map_err(|_| unread())?;
    if let Some(error) = said.remove("error") {
        return Err(serde_json::from_value(error).map_err(|_| unread())?);
    }
    serde_json::from_value(said.remove("ok").ok_or_else(unread)?).map_err(|_| unread())
}

/// A block of the host's that holds these bytes; 0 for none.
fn lend(bytes: &[u8]) -> u64 {
    if bytes.is_empty() {
        return 0;
    }
    unsafe {
        let block = host::alloc(bytes.len() as u64);
        let mut at = block;
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            host::store_u64(at, u64::from_le_bytes(word.try_into().unwrap()));
            at += 8;
        }
        for byte in words.remainder() {
            host::store_u8(at, *byte as u32);
            at += 1;
        }
        block
    }
}

fn load(length: u64, from: u64, load64: impl Fn(u64) -> u64, load8: impl Fn(u64) -> u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length as usize);
    let mut at = 0;
    while at + 8 <= length {
        bytes.extend_from_slice(&load64(from + at).to_le_bytes());
        at += 8;
    }
    while at < length {
        bytes.push(load8(from + at) as u8);
        at += 1;
    }
    bytes
}
