// Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.

static cb_reply ask(cb_text name) {
  if (cb_same(name, CB("http"))) return cb_http(CB("泵 \"1\""), (cb_http_options){.method = CB("泵 \"1\""), .headers = cb_parse(CB("{\"k\":\"v\"}")), .body = CB("泵 \"1\""), .body_base64 = CB("泵 \"1\""), .secrets = cb_parse(CB("[\"a\",\"泵\"]"))});
  if (cb_same(name, CB("http -"))) return cb_http(CB("泵 \"1\""), (cb_http_options){0});
  if (cb_same(name, CB("kv_get"))) return cb_kv_get(CB("泵 \"1\""));
  if (cb_same(name, CB("kv_get -"))) return cb_kv_get(CB("泵 \"1\""));
  if (cb_same(name, CB("kv_list"))) return cb_kv_list((cb_kv_list_options){.prefix = CB("泵 \"1\""), .after = CB("泵 \"1\"")});
  if (cb_same(name, CB("kv_list -"))) return cb_kv_list((cb_kv_list_options){0});
  if (cb_same(name, CB("kv_set"))) return cb_kv_set(cb_parse(CB("{\"a\":[1,true,null,\"泵\"]}")), (cb_kv_set_options){.if_ = cb_parse(CB("{\"a\":[1,true,null,\"泵\"]}"))});
  if (cb_same(name, CB("kv_set -"))) return cb_kv_set(cb_parse(CB("{\"a\":[1,true,null,\"泵\"]}")), (cb_kv_set_options){0});
  if (cb_same(name, CB("files_list"))) return cb_files_list((cb_files_list_options){.prefix = CB("泵 \"1\"")});
  if (cb_same(name, CB("files_list -"))) return cb_files_list((cb_files_list_options){0});
  if (cb_same(name, CB("files_read"))) return cb_files_read(CB("泵 \"1\""), (cb_files_read_options){.offset = 7});
  if (cb_same(name, CB("files_read -"))) return cb_files_read(CB("泵 \"1\""), (cb_files_read_options){0});
  if (cb_same(name, CB("files_write"))) return cb_files_write(CB("泵 \"1\""), CB("泵 \"1\""));
  if (cb_same(name, CB("files_write -"))) return cb_files_write(CB("泵 \"1\""), CB("泵 \"1\""));
  if (cb_same(name, CB("files_remove"))) return cb_files_remove(CB("泵 \"1\""));
  if (cb_same(name, CB("files_remove -"))) return cb_files_remove(CB("泵 \"1\""));
  if (cb_same(name, CB("files_attachments"))) return cb_files_attachments();
  if (cb_same(name, CB("files_attachments -"))) return cb_files_attachments();
  if (cb_same(name, CB("files_attachment"))) return cb_files_attachment(7, (cb_files_attachment_options){.offset = 7});
  if (cb_same(name, CB("files_attachment -"))) return cb_files_attachment(7, (cb_files_attachment_options){0});
  if (cb_same(name, CB("message"))) return cb_message(CB("泵 \"1\""), (cb_message_options){.person = CB("泵 \"1\"")});
  if (cb_same(name, CB("message -"))) return cb_message(CB("泵 \"1\""), (cb_message_options){0});
  if (cb_same(name, CB("model"))) return cb_model(CB("泵 \"1\""), (cb_model_options){.tokens = 7});
  if (cb_same(name, CB("model -"))) return cb_model(CB("泵 \"1\""), (cb_model_options){0});
  if (cb_same(name, CB("knowledge"))) return cb_knowledge(CB("泵 \"1\""), CB("泵 \"1\""));
  if (cb_same(name, CB("knowledge -"))) return cb_knowledge(CB("泵 \"1\""), CB("泵 \"1\""));
  if (cb_same(name, CB("device_list"))) return cb_device_list();
  if (cb_same(name, CB("device_list -"))) return cb_device_list();
  if (cb_same(name, CB("device_read"))) return cb_device_read(CB("泵 \"1\""), CB("泵 \"1\""));
  if (cb_same(name, CB("device_read -"))) return cb_device_read(CB("泵 \"1\""), CB("泵 \"1\""));
  if (cb_same(name, CB("device_write"))) return cb_device_write(CB("泵 \"1\""), CB("泵 \"1\""), cb_parse(CB("{\"a\":[1,true,null,\"泵\"]}")));
  if (cb_same(name, CB("device_write -"))) return cb_device_write(CB("泵 \"1\""), CB("泵 \"1\""), cb_parse(CB("{\"a\":[1,true,null,\"泵\"]}")));
  return (cb_reply){.code = CB("unknown"), .message = name};
}
