// The conformance plugin in C: see ../SPEC.md.
#include "clawdbot/clawdbot.h"
#include "asks.h"

#define TOOL(name, description, more, properties) \
  "{\"name\":\"" name "\",\"description\":\"" description "\"," more \
  "\"parameters\":{\"type\":\"object\",\"properties\":{" properties "}}}"
#define TEXT(name) "\"" name "\":{\"type\":\"string\"}"

CB_TOOLS("{\"tools\":["
  TOOL("echo", "Gives back a value", "\"read_only\":true,\"examples\":[{\"say\":\"echo 1\",\"arguments\":{\"value\":1}}],", "\"value\":{}") ","
  TOOL("greet", "Greets", "", TEXT("name")) ","
  TOOL("count", "Counts bytes", "", TEXT("text")) ","
  TOOL("fail", "Fails", "", TEXT("why")) ","
  TOOL("now", "Tells the time", "", "") ","
  TOOL("log", "Logs a line", "", TEXT("line")) ","
  TOOL("ask", "Asks the host", "", TEXT("request"))
"]}")

cb_result cb_execute(cb_call call) {
  if (cb_same(call.tool, CB("echo"))) return cb_done_with(CB("echo"), cb_member(call.arguments, CB("value")));
  if (cb_same(call.tool, CB("greet"))) {
    bool chinese = cb_same(call.locale, CB("zh-CN"));
    cb_buffer text = {0};
    cb_put(&text, chinese ? CB("你好，") : CB("Hello, "));
    cb_put(&text, cb_text_or(cb_member(call.arguments, CB("name")), CB("")));
    cb_put(&text, chinese ? CB("！") : CB("!"));
    return cb_done(cb_text_of(&text));
  }
  if (cb_same(call.tool, CB("count"))) {
    cb_json *bytes = cb_of_number((double)cb_text_or(cb_member(call.arguments, CB("text")), CB("")).length);
    cb_json *data = cb_object();
    cb_set(data, CB("bytes"), bytes);
    return cb_done_with(bytes->text, data);
  }
  if (cb_same(call.tool, CB("fail"))) return cb_failed(cb_text_or(cb_member(call.arguments, CB("why")), CB("")));
  if (cb_same(call.tool, CB("now"))) return cb_done_with(CB("now"), cb_of_number(call.now_ms));
  if (cb_same(call.tool, CB("log"))) {
    cb_log(cb_text_or(cb_member(call.arguments, CB("line")), CB("")));
    return cb_done(CB("logged"));
  }
  cb_reply reply = ask(cb_text_or(cb_member(call.arguments, CB("request")), CB("")));
  if (reply.ok) return cb_done_with(CB("ok"), (cb_json *)reply.ok);
  cb_buffer why = {0};
  cb_put(&why, reply.code);
  cb_put(&why, CB(": "));
  cb_put(&why, reply.message);
  return cb_failed(cb_text_of(&why));
}
