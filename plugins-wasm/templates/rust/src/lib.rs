mod clawdbot;

use clawdbot::{Answer, Call, Example, KvReply, KvSetOptions, Tool};
use serde_json::json;

clawdbot::plugin!(tools, execute);

fn tools() -> Vec<Tool> {
    let example = |say: &str, arguments| Example { say: say.into(), arguments };
    vec![
        Tool {
            name: "greet".into(),
            description: "Greets somebody".into(),
            read_only: true,
            parameters: json!({
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string", "x-free-text": true}}
            }),
            examples: vec![
                example("greet Ada", json!({"name": "Ada"})),
                example("跟小明打个招呼", json!({"name": "小明"})),
            ],
            ..Tool::default()
        },
        Tool {
            name: "visits".into(),
            description: "Counts a visit".into(),
            parameters: json!({"type": "object"}),
            examples: vec![example("count my visit", json!({})), example("记一次访问", json!({}))],
            ..Tool::default()
        },
    ]
}

fn execute(call: Call) -> Result<Answer, String> {
    match call.tool.as_str() {
        "greet" => greet(call),
        _ => visits(),
    }
}

fn greet(call: Call) -> Result<Answer, String> {
    let name = call.arguments["name"].as_str().unwrap_or_default();
    let text = match call.context.locale.as_str() {
        "zh-CN" => format!("你好，{name}！"),
        _ => format!("Hello, {name}!"),
    };
    Ok(Answer { text, data: None })
}

fn visits() -> Result<Answer, String> {
    let found: KvReply = clawdbot::kv_get("visits")?;
    let last = found.value.as_deref().unwrap_or("0").parse::<u32>().map_err(|error| error.to_string())?;
    let count = last + 1;
    let options = KvSetOptions { r#if: Some(json!({"visits": found.value})), ..KvSetOptions::default() };
    let set: KvReply = clawdbot::kv_set(json!({"visits": count.to_string()}), options)?;
    if set.done != Some(true) {
        return Err("somebody else came in between".into());
    }
    Ok(Answer { text: format!("Visit {count}"), data: Some(json!({"visits": count})) })
}
