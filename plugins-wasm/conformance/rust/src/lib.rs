//! The conformance plugin in Rust: see ../../SPEC.md.
mod asks;
mod clawdbot;

use clawdbot::{Answer, Call, Example, Tool};
use serde_json::{json, Value};

clawdbot::plugin!(tools, execute);

fn tool(name: &str, description: &str, properties: Value) -> Tool {
    Tool {
        name: name.into(),
        description: description.into(),
        parameters: json!({"type": "object", "properties": properties}),
        ..Tool::default()
    }
}

fn tools() -> Vec<Tool> {
    let text = |name: &str| json!({ name: {"type": "string"} });
    vec![
        Tool {
            read_only: true,
            examples: vec![Example { say: "echo 1".into(), arguments: json!({"value": 1}) }],
            ..tool("echo", "Gives back a value", json!({"value": {}}))
        },
        tool("greet", "Greets", text("name")),
        tool("count", "Counts bytes", text("text")),
        tool("fail", "Fails", text("why")),
        tool("now", "Tells the time", json!({})),
        tool("log", "Logs a line", text("line")),
        tool("ask", "Asks the host", text("request")),
    ]
}

fn execute(call: Call) -> Result<Answer, String> {
    let text = |name: &str| call.arguments[name].as_str().unwrap_or_default();
    let answer = |text: String, data: Option<Value>| Ok(Answer { text, data });
    match call.tool.as_str() {
        "echo" => answer("echo".into(), Some(call.arguments["value"].clone())),
        "greet" if call.context.locale == "zh-CN" => answer(format!("你好，{}！", text("name")), None),
        "greet" => answer(format!("Hello, {}!", text("name")), None),
        "count" => answer(text("text").len().to_string(), Some(json!({"bytes": text("text").len()}))),
        "fail" => Err(text("why").into()),
        "now" => answer("now".into(), Some(json!(call.context.now_ms as i64))),
        "log" => {
            clawdbot::log(text("line"));
            answer("logged".into(), None)
        }
        "ask" => answer("ok".into(), Some(asks::ask(text("request"))?)),
        other => Err(format!("no tool is called {other}")),
    }
}
