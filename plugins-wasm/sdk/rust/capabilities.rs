// Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.

use super::{ask, HostError};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// See schema/plugin.ts.
#[derive(Clone, Default, Serialize)]
pub struct Example {
    pub say: String,
    pub arguments: Value,
}

/// See schema/plugin.ts.
#[derive(Clone, Default, Serialize)]
pub struct Tool {
    pub name: String,
    pub description: String,
    pub parameters: Value,
    pub read_only: bool,
    pub idempotent: bool,
    pub examples: Vec<Example>,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct HttpReply {
    pub status: f64,
    pub url: String,
    pub headers: Value,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub body_base64: Option<String>,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct KvReply {
    #[serde(default)]
    pub value: Option<String>,
    #[serde(default)]
    pub keys: Option<Vec<String>>,
    #[serde(default)]
    pub more: Option<bool>,
    #[serde(default)]
    pub done: Option<bool>,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct FilesReplyFile {
    pub name: String,
    pub bytes: f64,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct FilesReplyAttachment {
    pub name: String,
    pub media_type: String,
    pub bytes: f64,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct FilesReply {
    #[serde(default)]
    pub files: Option<Vec<FilesReplyFile>>,
    #[serde(default)]
    pub bytes: Option<f64>,
    #[serde(default)]
    pub body_base64: Option<String>,
    #[serde(default)]
    pub done: Option<bool>,
    #[serde(default)]
    pub attachments: Option<Vec<FilesReplyAttachment>>,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct MessageReply {
    pub queued: f64,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct ModelReply {
    pub text: String,
    pub tokens: f64,
    pub cut: bool,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct KnowledgeReplyPassage {
    pub text: String,
    pub source: String,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct KnowledgeReply {
    pub passages: Vec<KnowledgeReplyPassage>,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceReplyDeviceTag {
    pub name: String,
    pub words: Vec<String>,
    pub r#type: String,
    pub writable: bool,
    #[serde(default)]
    pub unit: Option<String>,
    #[serde(default)]
    pub min: Option<f64>,
    #[serde(default)]
    pub max: Option<f64>,
    #[serde(default)]
    pub values: Option<Value>,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceReplyDevice {
    pub name: String,
    pub words: Vec<String>,
    pub tags: Vec<DeviceReplyDeviceTag>,
}

/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceReply {
    #[serde(default)]
    pub devices: Option<Vec<DeviceReplyDevice>>,
    #[serde(default)]
    pub value: Option<Value>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub unit: Option<String>,
    #[serde(default)]
    pub state: Option<String>,
}

mod host {
    #[link(wasm_import_module = "extism:host/user")]
    extern "C" {
        pub fn http(request: u64) -> u64;
        pub fn kv(request: u64) -> u64;
        pub fn files(request: u64) -> u64;
        pub fn message(request: u64) -> u64;
        pub fn model(request: u64) -> u64;
        pub fn knowledge(request: u64) -> u64;
        pub fn device(request: u64) -> u64;
    }
}

/// What is `None` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct HttpOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<&'a [&'a str]>,
}

pub fn http<R: DeserializeOwned>(url: &str, options: HttpOptions) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("url".into(), serde_json::json!(url));
    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
    ask(host::http, &request)
}

pub fn kv_get<R: DeserializeOwned>(key: &str) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "get".into());
    request.insert("key".into(), serde_json::json!(key));
    ask(host::kv, &request)
}

/// What is `None` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct KvListOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<&'a str>,
}

pub fn kv_list<R: DeserializeOwned>(options: KvListOptions) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "list".into());
    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
    ask(host::kv, &request)
}

/// What is `None` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct KvSetOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#if: Option<Value>,
}

pub fn kv_set<R: DeserializeOwned>(entries: Value, options: KvSetOptions) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "set".into());
    request.insert("entries".into(), serde_json::json!(entries));
    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
    ask(host::kv, &request)
}

/// What is `None` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct FilesListOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<&'a str>,
}

pub fn files_list<R: DeserializeOwned>(options: FilesListOptions) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "list".into());
    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
    ask(host::files, &request)
}

/// What is `None` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct FilesReadOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<f64>,
}

pub fn files_read<R: DeserializeOwned>(name: &str, options: FilesReadOptions) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "read".into());
    request.insert("name".into(), serde_json::json!(name));
    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
    ask(host::files, &request)
}

pub fn files_write<R: DeserializeOwned>(name: &str, body_base64: &str) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "write".into());
    request.insert("name".into(), serde_json::json!(name));
    request.insert("body_base64".into(), serde_json::json!(body_base64));
    ask(host::files, &request)
}

pub fn files_remove<R: DeserializeOwned>(name: &str) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "remove".into());
    request.insert("name".into(), serde_json::json!(name));
    ask(host::files, &request)
}

pub fn files_attachments<R: DeserializeOwned>() -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "attachments".into());
    ask(host::files, &request)
}

/// What is `None` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct FilesAttachmentOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<f64>,
}

pub fn files_attachment<R: DeserializeOwned>(index: f64, options: FilesAttachmentOptions) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "attachment".into());
    request.insert("index".into(), serde_json::json!(index));
    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
    ask(host::files, &request)
}

/// What is `None` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct MessageOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<&'a str>,
}

pub fn message<R: DeserializeOwned>(text: &str, options: MessageOptions) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("text".into(), serde_json::json!(text));
    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
    ask(host::message, &request)
}

/// What is `None` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct ModelOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<f64>,
}

pub fn model<R: DeserializeOwned>(prompt: &str, options: ModelOptions) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("prompt".into(), serde_json::json!(prompt));
    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
    ask(host::model, &request)
}

pub fn knowledge<R: DeserializeOwned>(collection: &str, query: &str) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("collection".into(), serde_json::json!(collection));
    request.insert("query".into(), serde_json::json!(query));
    ask(host::knowledge, &request)
}

pub fn device_list<R: DeserializeOwned>() -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "list".into());
    ask(host::device, &request)
}

pub fn device_read<R: DeserializeOwned>(device: &str, tag: &str) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "read".into());
    request.insert("device".into(), serde_json::json!(device));
    request.insert("tag".into(), serde_json::json!(tag));
    ask(host::device, &request)
}

pub fn device_write<R: DeserializeOwned>(device: &str, tag: &str, value: Value) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
    request.insert("op".into(), "write".into());
    request.insert("device".into(), serde_json::json!(device));
    request.insert("tag".into(), serde_json::json!(tag));
    request.insert("value".into(), serde_json::json!(value));
    ask(host::device, &request)
}
