// Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.

use crate::clawdbot::{self, HostError};
use serde_json::{json, Value};
use std::collections::BTreeMap;

pub fn ask(name: &str) -> Result<Value, HostError> {
    match name {
        "http" => clawdbot::http("泵 \"1\"", clawdbot::HttpOptions { method: Some("泵 \"1\""), headers: Some(BTreeMap::from([("k", "v")])), body: Some("泵 \"1\""), body_base64: Some("泵 \"1\""), secrets: Some(&["a", "泵"]) }),
        "http -" => clawdbot::http("泵 \"1\"", clawdbot::HttpOptions::default()),
        "kv_get" => clawdbot::kv_get("泵 \"1\""),
        "kv_get -" => clawdbot::kv_get("泵 \"1\""),
        "kv_list" => clawdbot::kv_list(clawdbot::KvListOptions { prefix: Some("泵 \"1\""), after: Some("泵 \"1\"") }),
        "kv_list -" => clawdbot::kv_list(clawdbot::KvListOptions::default()),
        "kv_set" => clawdbot::kv_set(json!({"a": [1, true, null, "泵"]}), clawdbot::KvSetOptions { r#if: Some(json!({"a": [1, true, null, "泵"]})) }),
        "kv_set -" => clawdbot::kv_set(json!({"a": [1, true, null, "泵"]}), clawdbot::KvSetOptions::default()),
        "files_list" => clawdbot::files_list(clawdbot::FilesListOptions { prefix: Some("泵 \"1\"") }),
        "files_list -" => clawdbot::files_list(clawdbot::FilesListOptions::default()),
        "files_read" => clawdbot::files_read("泵 \"1\"", clawdbot::FilesReadOptions { offset: Some(7.0) }),
        "files_read -" => clawdbot::files_read("泵 \"1\"", clawdbot::FilesReadOptions::default()),
        "files_write" => clawdbot::files_write("泵 \"1\"", "泵 \"1\""),
        "files_write -" => clawdbot::files_write("泵 \"1\"", "泵 \"1\""),
        "files_remove" => clawdbot::files_remove("泵 \"1\""),
        "files_remove -" => clawdbot::files_remove("泵 \"1\""),
        "files_attachments" => clawdbot::files_attachments(),
        "files_attachments -" => clawdbot::files_attachments(),
        "files_attachment" => clawdbot::files_attachment(7.0, clawdbot::FilesAttachmentOptions { offset: Some(7.0) }),
        "files_attachment -" => clawdbot::files_attachment(7.0, clawdbot::FilesAttachmentOptions::default()),
        "message" => clawdbot::message("泵 \"1\"", clawdbot::MessageOptions { person: Some("泵 \"1\"") }),
        "message -" => clawdbot::message("泵 \"1\"", clawdbot::MessageOptions::default()),
        "model" => clawdbot::model("泵 \"1\"", clawdbot::ModelOptions { tokens: Some(7.0) }),
        "model -" => clawdbot::model("泵 \"1\"", clawdbot::ModelOptions::default()),
        "knowledge" => clawdbot::knowledge("泵 \"1\"", "泵 \"1\""),
        "knowledge -" => clawdbot::knowledge("泵 \"1\"", "泵 \"1\""),
        "device_list" => clawdbot::device_list(),
        "device_list -" => clawdbot::device_list(),
        "device_read" => clawdbot::device_read("泵 \"1\"", "泵 \"1\""),
        "device_read -" => clawdbot::device_read("泵 \"1\"", "泵 \"1\""),
        "device_write" => clawdbot::device_write("泵 \"1\"", "泵 \"1\"", json!({"a": [1, true, null, "泵"]})),
        "device_write -" => clawdbot::device_write("泵 \"1\"", "泵 \"1\"", json!({"a": [1, true, null, "泵"]})),
        _ => Err(HostError { code: "unknown".into(), message: name.into() }),
    }
}
