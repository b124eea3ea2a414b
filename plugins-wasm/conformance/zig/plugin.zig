//! The conformance plugin in Zig: see ../SPEC.md.
const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const asks = @import("asks.zig");

comptime {
    clawdbot.plugin(@embedFile("tools.json"), execute);
}

const Tool = enum { echo, greet, count, fail, now, log, ask };

fn execute(call: clawdbot.Call) !clawdbot.Result {
    const memory = clawdbot.allocator();
    const tool = std.meta.stringToEnum(Tool, call.tool) orelse return error.UnknownTool;
    switch (tool) {
        .echo => return .{ .text = "echo", .data = call.arguments.object.get("value") },
        .greet => {
            const given = try call.read(struct { name: []const u8 });
            return .{ .text = if (std.mem.eql(u8, call.locale, "zh-CN"))
                try std.fmt.allocPrint(memory, "你好，{s}！", .{given.name})
            else
                try std.fmt.allocPrint(memory, "Hello, {s}!", .{given.name}) };
        },
        .count => {
            const given = try call.read(struct { text: []const u8 });
            var data: std.json.ObjectMap = .empty;
            try data.put(memory, "bytes", .{ .integer = @intCast(given.text.len) });
            return .{
                .text = try std.fmt.allocPrint(memory, "{d}", .{given.text.len}),
                .data = .{ .object = data },
            };
        },
        .fail => return .{ .failure = (try call.read(struct { why: []const u8 })).why },
        .now => return .{ .text = "now", .data = .{ .integer = @trunc(call.now_ms) } },
        .log => {
            clawdbot.log((try call.read(struct { line: []const u8 })).line);
            return .{ .text = "logged" };
        },
        .ask => switch (try asks.ask((try call.read(struct { request: []const u8 })).request)) {
            .ok => |ok| return .{ .text = "ok", .data = ok },
            .failed => |why| return .{
                .failure = try std.fmt.allocPrint(memory, "{s}: {s}", .{ why.code, why.message }),
            },
        },
    }
}
