// Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.
// Included by clawdbot.h. A value that is handed over belongs to the request: make another one for the next.
// What an options struct leaves out (no text, no value, 0 or false) isn't sent.

extern __attribute__((import_module("extism:host/user"), import_name("http"))) uint64_t cb_host_http(uint64_t request);
extern __attribute__((import_module("extism:host/user"), import_name("kv"))) uint64_t cb_host_kv(uint64_t request);
extern __attribute__((import_module("extism:host/user"), import_name("files"))) uint64_t cb_host_files(uint64_t request);
extern __attribute__((import_module("extism:host/user"), import_name("message"))) uint64_t cb_host_message(uint64_t request);
extern __attribute__((import_module("extism:host/user"), import_name("model"))) uint64_t cb_host_model(uint64_t request);
extern __attribute__((import_module("extism:host/user"), import_name("knowledge"))) uint64_t cb_host_knowledge(uint64_t request);
extern __attribute__((import_module("extism:host/user"), import_name("device"))) uint64_t cb_host_device(uint64_t request);

typedef struct {
  cb_text method;
  cb_json *headers;
  cb_text body;
  cb_text body_base64;
  cb_json *secrets;
} cb_http_options;

CB_UNUSED static cb_reply cb_http(cb_text url, cb_http_options options) {
  cb_json *request = cb_object();
  cb_set(request, CB("url"), cb_of_text(url));
  if (options.method.at) cb_set(request, CB("method"), cb_of_text(options.method));
  if (options.headers) cb_set(request, CB("headers"), options.headers);
  if (options.body.at) cb_set(request, CB("body"), cb_of_text(options.body));
  if (options.body_base64.at) cb_set(request, CB("body_base64"), cb_of_text(options.body_base64));
  if (options.secrets) cb_set(request, CB("secrets"), options.secrets);
  return cb_reply_of(cb_host_http(cb_lend(cb_write(request))));
}

CB_UNUSED static cb_reply cb_kv_get(cb_text key) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("get")));
  cb_set(request, CB("key"), cb_of_text(key));
  return cb_reply_of(cb_host_kv(cb_lend(cb_write(request))));
}

typedef struct {
  cb_text prefix;
  cb_text after;
} cb_kv_list_options;

CB_UNUSED static cb_reply cb_kv_list(cb_kv_list_options options) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("list")));
  if (options.prefix.at) cb_set(request, CB("prefix"), cb_of_text(options.prefix));
  if (options.after.at) cb_set(request, CB("after"), cb_of_text(options.after));
  return cb_reply_of(cb_host_kv(cb_lend(cb_write(request))));
}

typedef struct {
  cb_json *if_;
} cb_kv_set_options;

CB_UNUSED static cb_reply cb_kv_set(cb_json *entries, cb_kv_set_options options) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("set")));
  cb_set(request, CB("entries"), entries);
  if (options.if_) cb_set(request, CB("if"), options.if_);
  return cb_reply_of(cb_host_kv(cb_lend(cb_write(request))));
}

typedef struct {
  cb_text prefix;
} cb_files_list_options;

CB_UNUSED static cb_reply cb_files_list(cb_files_list_options options) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("list")));
  if (options.prefix.at) cb_set(request, CB("prefix"), cb_of_text(options.prefix));
  return cb_reply_of(cb_host_files(cb_lend(cb_write(request))));
}

typedef struct {
  double offset;
} cb_files_read_options;

CB_UNUSED static cb_reply cb_files_read(cb_text name, cb_files_read_options options) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("read")));
  cb_set(request, CB("name"), cb_of_text(name));
  if (options.offset) cb_set(request, CB("offset"), cb_of_number(options.offset));
  return cb_reply_of(cb_host_files(cb_lend(cb_write(request))));
}

CB_UNUSED static cb_reply cb_files_write(cb_text name, cb_text body_base64) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("write")));
  cb_set(request, CB("name"), cb_of_text(name));
  cb_set(request, CB("body_base64"), cb_of_text(body_base64));
  return cb_reply_of(cb_host_files(cb_lend(cb_write(request))));
}

CB_UNUSED static cb_reply cb_files_remove(cb_text name) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("remove")));
  cb_set(request, CB("name"), cb_of_text(name));
  return cb_reply_of(cb_host_files(cb_lend(cb_write(request))));
}

CB_UNUSED static cb_reply cb_files_attachments(void) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("attachments")));
  return cb_reply_of(cb_host_files(cb_lend(cb_write(request))));
}

typedef struct {
  double offset;
} cb_files_attachment_options;

CB_UNUSED static cb_reply cb_files_attachment(double index, cb_files_attachment_options options) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("attachment")));
  cb_set(request, CB("index"), cb_of_number(index));
  if (options.offset) cb_set(request, CB("offset"), cb_of_number(options.offset));
  return cb_reply_of(cb_host_files(cb_lend(cb_write(request))));
}

typedef struct {
  cb_text person;
} cb_message_options;

CB_UNUSED static cb_reply cb_message(cb_text text, cb_message_options options) {
  cb_json *request = cb_object();
  cb_set(request, CB("text"), cb_of_text(text));
  if (options.person.at) cb_set(request, CB("person"), cb_of_text(options.person));
  return cb_reply_of(cb_host_message(cb_lend(cb_write(request))));
}

typedef struct {
  double tokens;
} cb_model_options;

CB_UNUSED static cb_reply cb_model(cb_text prompt, cb_model_options options) {
  cb_json *request = cb_object();
  cb_set(request, CB("prompt"), cb_of_text(prompt));
  if (options.tokens) cb_set(request, CB("tokens"), cb_of_number(options.tokens));
  return cb_reply_of(cb_host_model(cb_lend(cb_write(request))));
}

CB_UNUSED static cb_reply cb_knowledge(cb_text collection, cb_text query) {
  cb_json *request = cb_object();
  cb_set(request, CB("collection"), cb_of_text(collection));
  cb_set(request, CB("query"), cb_of_text(query));
  return cb_reply_of(cb_host_knowledge(cb_lend(cb_write(request))));
}

CB_UNUSED static cb_reply cb_device_list(void) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("list")));
  return cb_reply_of(cb_host_device(cb_lend(cb_write(request))));
}

CB_UNUSED static cb_reply cb_device_read(cb_text device, cb_text tag) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("read")));
  cb_set(request, CB("device"), cb_of_text(device));
  cb_set(request, CB("tag"), cb_of_text(tag));
  return cb_reply_of(cb_host_device(cb_lend(cb_write(request))));
}

CB_UNUSED static cb_reply cb_device_write(cb_text device, cb_text tag, cb_json *value) {
  cb_json *request = cb_object();
  cb_set(request, CB("op"), cb_of_text(CB("write")));
  cb_set(request, CB("device"), cb_of_text(device));
  cb_set(request, CB("tag"), cb_of_text(tag));
  cb_set(request, CB("value"), value);
  return cb_reply_of(cb_host_device(cb_lend(cb_write(request))));
}
