// Machines: what there is, what a tag says, and writes, which become cards that people approve.
#include "clawdbot/clawdbot.h"

#define TAG "\"tag\":{\"type\":\"string\",\"x-from\":\"tags\"}"

CB_TOOLS("{\"tools\":["
  "{\"name\":\"list\",\"description\":\"Lists the machines and their values\",\"read_only\":true,\"idempotent\":true,"
  "\"parameters\":{\"type\":\"object\"},\"examples\":["
  "{\"say\":\"which machines are there\",\"arguments\":{}},{\"say\":\"有哪些设备\",\"arguments\":{}}]},"
  "{\"name\":\"read\",\"description\":\"Reads one value of a machine now\",\"read_only\":true,\"idempotent\":true,"
  "\"parameters\":{\"type\":\"object\",\"required\":[\"tag\"],\"properties\":{" TAG "}},\"examples\":["
  "{\"say\":\"what is the pressure of boiler 1\",\"arguments\":{\"tag\":\"boiler-1.pressure\"}},"
  "{\"say\":\"1号锅炉压力多少\",\"arguments\":{\"tag\":\"boiler-1.pressure\"}}]},"
  "{\"name\":\"set\",\"description\":\"Asks to set a value of a machine to a number\",\"idempotent\":true,"
  "\"parameters\":{\"type\":\"object\",\"required\":[\"tag\",\"value\"],\"properties\":{" TAG ","
  "\"value\":{\"type\":\"number\"}}},\"examples\":["
  "{\"say\":\"set the speed of pump 7 to 40\",\"arguments\":{\"tag\":\"pump-7.speed\",\"value\":40}},"
  "{\"say\":\"把7号泵转速调到40\",\"arguments\":{\"tag\":\"pump-7.speed\",\"value\":40}}]},"
  "{\"name\":\"switch\",\"description\":\"Asks to switch a machine on or off\",\"idempotent\":true,"
  "\"parameters\":{\"type\":\"object\",\"required\":[\"tag\",\"state\"],\"properties\":{" TAG ","
  "\"state\":{\"type\":\"string\",\"enum\":[\"on\",\"off\"],\"x-words\":{"
  "\"on\":[\"on\",\"start\",\"open\",\"run\",\"开\",\"打开\",\"启动\",\"开启\"],"
  "\"off\":[\"off\",\"stop\",\"close\",\"shut\",\"halt\",\"关\",\"关闭\",\"停\",\"停止\",\"停机\"]}}}},\"examples\":["
  "{\"say\":\"stop pump 7\",\"arguments\":{\"tag\":\"pump-7.run\",\"state\":\"off\"}},"
  "{\"say\":\"启动7号泵\",\"arguments\":{\"tag\":\"pump-7.run\",\"state\":\"on\"}}]}"
"]}")

static bool is_chinese;

static cb_result refused(cb_reply reply) {
  cb_buffer why = {0};
  cb_put(&why, reply.message);
  return cb_failed(cb_text_of(&why));
}

// A value as people read it.
static void put_value(cb_buffer *to, const cb_json *value) {
  if (value && value->kind == CB_TEXT) cb_put(to, value->text);
  else if (value && value->kind == CB_BOOLEAN) cb_put(to, value->truth ? (is_chinese ? CB("开") : CB("on")) : is_chinese ? CB("关") : CB("off"));
  else if (value) cb_put_json(to, value);
}

static void put_member(cb_buffer *to, cb_text before, const cb_json *value) {
  if (!value) return;
  cb_put(to, before);
  put_value(to, value);
}

// "DEVICE.TAG" in two; false where it isn't.
static bool parts_of(cb_text whole, cb_text *device, cb_text *tag) {
  size_t dot = 0;
  while (dot < whole.length && whole.at[dot] != '.') dot++;
  *device = (cb_text){whole.at, dot};
  *tag = dot < whole.length ? (cb_text){whole.at + dot + 1, whole.length - dot - 1} : (cb_text){0};
  return device->length > 0 && tag->length > 0;
}

static cb_result list(void) {
  cb_reply reply = cb_device_list();
  if (!reply.ok) return refused(reply);
  cb_buffer text = {0};
  const cb_json *devices = cb_member(reply.ok, CB("devices"));
  for (const cb_json *device = devices ? devices->first : NULL; device; device = device->next) {
    if (text.length) cb_put(&text, CB("\n"));
    put_value(&text, cb_member(device, CB("name")));
    const cb_json *tags = cb_member(device, CB("tags"));
    for (const cb_json *tag = tags ? tags->first : NULL; tag; tag = tag->next) {
      cb_put(&text, CB("\n  "));
      put_value(&text, cb_member(tag, CB("name")));
      put_member(&text, CB(" ["), cb_member(tag, CB("unit")));
      if (cb_member(tag, CB("unit"))) cb_put(&text, CB("]"));
      if (!cb_boolean_or(cb_member(tag, CB("writable")), false)) continue;
      cb_put(&text, is_chinese ? CB(" 可写") : CB(" can be written"));
      put_member(&text, is_chinese ? CB("，最小 ") : CB(", at least "), cb_member(tag, CB("min")));
      put_member(&text, is_chinese ? CB("，最大 ") : CB(", at most "), cb_member(tag, CB("max")));
    }
  }
  if (!text.length) return cb_done(is_chinese ? CB("没有授权的设备") : CB("No machine is granted"));
  return cb_done_with(cb_text_of(&text), (cb_json *)devices);
}

static cb_result read_tag(cb_text whole, cb_text device, cb_text tag) {
  cb_reply reply = cb_device_read(device, tag);
  if (!reply.ok) return refused(reply);
  cb_buffer text = {0};
  cb_put(&text, whole);
  cb_put(&text, CB(" = "));
  const cb_json *name = cb_member(reply.ok, CB("name")), *value = cb_member(reply.ok, CB("value"));
  put_value(&text, name ? name : value);
  put_member(&text, CB(" "), cb_member(reply.ok, CB("unit")));
  return cb_done_with(cb_text_of(&text), (cb_json *)reply.ok);
}

static cb_result propose(cb_text whole, cb_text device, cb_text tag, cb_json *value) {
  cb_buffer text = {0};
  cb_put(&text, whole);
  cb_put(&text, is_chinese ? CB(" → ") : CB(" to "));
  put_value(&text, value);
  cb_reply reply = cb_device_write(device, tag, value);
  if (!reply.ok) return refused(reply);
  cb_put(&text, is_chinese ? CB("：已提出，尚未写入") : CB(": proposed, not written yet"));
  return cb_done(cb_text_of(&text));
}

// What a tag that has names for its values calls "on" and "off"; NULL where none of its names is known.
static cb_json *named(const cb_json *values, bool on) {
  static const cb_text words[2][8] = {
      {CB("off"), CB("stop"), CB("stopped"), CB("closed"), CB("close"), CB("关"), CB("停止"), CB("停")},
      {CB("on"), CB("start"), CB("running"), CB("open"), CB("run"), CB("开"), CB("运行"), CB("启动")},
  };
  for (const cb_json *value = values->first; value; value = value->next)
    for (int i = 0; i < 8; i++)
      if (value->kind == CB_TEXT && cb_same(value->text, words[on][i])) return cb_of_text(value->text);
  return NULL;
}

// How "on" is said to this tag: by its kind, as the host lists it.
static cb_json *switched(cb_text device, cb_text tag, bool on, cb_reply *reply) {
  *reply = cb_device_list();
  const cb_json *devices = cb_member(reply->ok, CB("devices"));
  for (const cb_json *d = devices ? devices->first : NULL; d; d = d->next) {
    if (!cb_same(cb_text_or(cb_member(d, CB("name")), CB("")), device)) continue;
    const cb_json *tags = cb_member(d, CB("tags"));
    for (const cb_json *t = tags ? tags->first : NULL; t; t = t->next) {
      if (!cb_same(cb_text_or(cb_member(t, CB("name")), CB("")), tag)) continue;
      const cb_json *values = cb_member(t, CB("values"));
      if (values) return named(values, on);
      return cb_same(cb_text_or(cb_member(t, CB("type")), CB("")), CB("boolean")) ? cb_of_boolean(on) : NULL;
    }
  }
  return NULL;
}

cb_result cb_execute(cb_call call) {
  is_chinese = cb_same(call.locale, CB("zh-CN"));
  if (cb_same(call.tool, CB("list"))) return list();
  cb_text whole = cb_text_or(cb_member(call.arguments, CB("tag")), CB("")), device, tag;
  if (!parts_of(whole, &device, &tag)) return cb_failed(is_chinese ? CB("请写成 设备.变量") : CB("a tag is written DEVICE.TAG"));
  if (cb_same(call.tool, CB("read"))) return read_tag(whole, device, tag);
  if (cb_same(call.tool, CB("set"))) {
    const cb_json *value = cb_member(call.arguments, CB("value"));
    cb_json *own = cb_of_kind(CB_NUMBER);
    if (!value || value->kind != CB_NUMBER) return cb_failed(is_chinese ? CB("请给出数字") : CB("a number is wanted"));
    own->text = value->text; // as it was written, with every digit
    return propose(whole, device, tag, own);
  }
  cb_reply reply;
  bool on = cb_same(cb_text_or(cb_member(call.arguments, CB("state")), CB("")), CB("on"));
  cb_json *value = switched(device, tag, on, &reply);
  if (!reply.ok) return refused(reply);
  if (value) return propose(whole, device, tag, value);
  return cb_failed(is_chinese ? CB("这个变量不是开关，请用 set 给出数值") : CB("that tag isn't switched on and off; use set with a number"));
}
