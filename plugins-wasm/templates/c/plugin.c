#include "clawdbot/clawdbot.h"

CB_TOOLS("{\"tools\":["
  "{\"name\":\"greet\",\"description\":\"Greets somebody\",\"read_only\":true,"
  "\"parameters\":{\"type\":\"object\",\"required\":[\"name\"],\"properties\":"
  "{\"name\":{\"type\":\"string\",\"x-free-text\":true}}},"
  "\"examples\":[{\"say\":\"greet Ada\",\"arguments\":{\"name\":\"Ada\"}},"
  "{\"say\":\"跟小明打个招呼\",\"arguments\":{\"name\":\"小明\"}}]},"
  "{\"name\":\"visits\",\"description\":\"Counts a visit\",\"parameters\":{\"type\":\"object\"},"
  "\"examples\":[{\"say\":\"count my visit\",\"arguments\":{}},{\"say\":\"记一次访问\",\"arguments\":{}}]}"
"]}")

static cb_result greet(cb_call call) {
  bool chinese = cb_same(call.locale, CB("zh-CN"));
  cb_buffer text = {0};
  cb_put(&text, chinese ? CB("你好，") : CB("Hello, "));
  cb_put(&text, cb_text_or(cb_member(call.arguments, CB("name")), CB("")));
  cb_put(&text, chinese ? CB("！") : CB("!"));
  return cb_done(cb_text_of(&text));
}

static cb_result refused(cb_reply reply) {
  cb_buffer why = {0};
  cb_put(&why, reply.code);
  cb_put(&why, CB(": "));
  cb_put(&why, reply.message);
  return cb_failed(cb_text_of(&why));
}

static cb_result visits(void) {
  cb_reply before = cb_kv_get(CB("visits"));
  if (!before.ok) return refused(before);
  const cb_json *value = cb_member(before.ok, CB("value")); // null where there is none
  cb_json *number = cb_of_kind(CB_NUMBER);
  number->text = cb_text_or(value, CB("0"));
  cb_json *count = cb_of_number(cb_number_or(number, 0) + 1);
  cb_json *entries = cb_object(), *unless = cb_object();
  cb_set(entries, CB("visits"), cb_of_text(count->text));
  cb_set(unless, CB("visits"), value && value->kind == CB_TEXT ? cb_of_text(value->text) : cb_null());
  cb_reply after = cb_kv_set(entries, (cb_kv_set_options){.if_ = unless});
  if (!after.ok) return refused(after);
  if (!cb_boolean_or(cb_member(after.ok, CB("done")), false)) return cb_failed(CB("somebody else came in between"));
  cb_buffer text = {0};
  cb_put(&text, CB("Visit "));
  cb_put(&text, count->text);
  cb_json *data = cb_object();
  cb_set(data, CB("visits"), count);
  return cb_done_with(cb_text_of(&text), data);
}

cb_result cb_execute(cb_call call) { return cb_same(call.tool, CB("greet")) ? greet(call) : visits(); }
