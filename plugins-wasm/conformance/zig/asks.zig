//! Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.
const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const capabilities = clawdbot.capabilities;

fn parsed(text: []const u8) !std.json.Value {
    return std.json.parseFromSliceLeaky(std.json.Value, clawdbot.allocator(), text, .{});
}

pub fn ask(name: []const u8) !clawdbot.Reply {
    if (std.mem.eql(u8, name, "http")) return capabilities.http("泵 \"1\"", .{ .method = "泵 \"1\"", .headers = try parsed("{\"k\":\"v\"}"), .body = "泵 \"1\"", .body_base64 = "泵 \"1\"", .secrets = &.{ "a", "泵" } });
    if (std.mem.eql(u8, name, "http -")) return capabilities.http("泵 \"1\"", .{});
    if (std.mem.eql(u8, name, "kv_get")) return capabilities.kvGet("泵 \"1\"");
    if (std.mem.eql(u8, name, "kv_get -")) return capabilities.kvGet("泵 \"1\"");
    if (std.mem.eql(u8, name, "kv_list")) return capabilities.kvList(.{ .prefix = "泵 \"1\"", .after = "泵 \"1\"" });
    if (std.mem.eql(u8, name, "kv_list -")) return capabilities.kvList(.{});
    if (std.mem.eql(u8, name, "kv_set")) return capabilities.kvSet(try parsed("{\"a\":[1,true,null,\"泵\"]}"), .{ .@"if" = try parsed("{\"a\":[1,true,null,\"泵\"]}") });
    if (std.mem.eql(u8, name, "kv_set -")) return capabilities.kvSet(try parsed("{\"a\":[1,true,null,\"泵\"]}"), .{});
    if (std.mem.eql(u8, name, "files_list")) return capabilities.filesList(.{ .prefix = "泵 \"1\"" });
    if (std.mem.eql(u8, name, "files_list -")) return capabilities.filesList(.{});
    if (std.mem.eql(u8, name, "files_read")) return capabilities.filesRead("泵 \"1\"", .{ .offset = 7 });
    if (std.mem.eql(u8, name, "files_read -")) return capabilities.filesRead("泵 \"1\"", .{});
    if (std.mem.eql(u8, name, "files_write")) return capabilities.filesWrite("泵 \"1\"", "泵 \"1\"");
    if (std.mem.eql(u8, name, "files_write -")) return capabilities.filesWrite("泵 \"1\"", "泵 \"1\"");
    if (std.mem.eql(u8, name, "files_remove")) return capabilities.filesRemove("泵 \"1\"");
    if (std.mem.eql(u8, name, "files_remove -")) return capabilities.filesRemove("泵 \"1\"");
    if (std.mem.eql(u8, name, "files_attachments")) return capabilities.filesAttachments();
    if (std.mem.eql(u8, name, "files_attachments -")) return capabilities.filesAttachments();
    if (std.mem.eql(u8, name, "files_attachment")) return capabilities.filesAttachment(7, .{ .offset = 7 });
    if (std.mem.eql(u8, name, "files_attachment -")) return capabilities.filesAttachment(7, .{});
    if (std.mem.eql(u8, name, "message")) return capabilities.message("泵 \"1\"", .{ .person = "泵 \"1\"" });
    if (std.mem.eql(u8, name, "message -")) return capabilities.message("泵 \"1\"", .{});
    if (std.mem.eql(u8, name, "model")) return capabilities.model("泵 \"1\"", .{ .tokens = 7 });
    if (std.mem.eql(u8, name, "model -")) return capabilities.model("泵 \"1\"", .{});
    if (std.mem.eql(u8, name, "knowledge")) return capabilities.knowledge("泵 \"1\"", "泵 \"1\"");
    if (std.mem.eql(u8, name, "knowledge -")) return capabilities.knowledge("泵 \"1\"", "泵 \"1\"");
    if (std.mem.eql(u8, name, "device_list")) return capabilities.deviceList();
    if (std.mem.eql(u8, name, "device_list -")) return capabilities.deviceList();
    if (std.mem.eql(u8, name, "device_read")) return capabilities.deviceRead("泵 \"1\"", "泵 \"1\"");
    if (std.mem.eql(u8, name, "device_read -")) return capabilities.deviceRead("泵 \"1\"", "泵 \"1\"");
    if (std.mem.eql(u8, name, "device_write")) return capabilities.deviceWrite("泵 \"1\"", "泵 \"1\"", try parsed("{\"a\":[1,true,null,\"泵\"]}"));
    if (std.mem.eql(u8, name, "device_write -")) return capabilities.deviceWrite("泵 \"1\"", "泵 \"1\"", try parsed("{\"a\":[1,true,null,\"泵\"]}"));
    return .{ .failed = .{ .code = "unknown", .message = name } };
}
