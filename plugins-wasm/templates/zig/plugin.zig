const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const kv = clawdbot.capabilities;

comptime {
    clawdbot.plugin(@embedFile("tools.json"), execute);
}

fn execute(call: clawdbot.Call) !clawdbot.Result {
    return if (std.mem.eql(u8, call.tool, "greet")) greet(call) else visits();
}

fn greet(call: clawdbot.Call) !clawdbot.Result {
    const given = try call.read(struct { name: []const u8 });
    const memory = clawdbot.allocator();
    return .{ .text = if (std.mem.eql(u8, call.locale, "zh-CN"))
        try std.fmt.allocPrint(memory, "你好，{s}！", .{given.name})
    else
        try std.fmt.allocPrint(memory, "Hello, {s}!", .{given.name}) };
}

fn visits() !clawdbot.Result {
    const memory = clawdbot.allocator();
    const before = switch (try kv.kvGet("visits")) {
        .ok => |ok| ok.object.get("value") orelse .null, // null where there is none
        .failed => |why| return refused(why),
    };
    const count = 1 + if (before == .string) try std.fmt.parseInt(u32, before.string, 10) else 0;
    const digits = try std.fmt.allocPrint(memory, "{d}", .{count});
    const entries = try named(.{ .string = digits });
    switch (try kv.kvSet(entries, .{ .@"if" = try named(before) })) {
        .ok => |ok| if (!ok.object.get("done").?.bool) return .{ .failure = "somebody else came in between" },
        .failed => |why| return refused(why),
    }
    return .{
        .text = try std.fmt.allocPrint(memory, "Visit {s}", .{digits}),
        .data = try named(.{ .integer = count }),
    };
}

fn named(value: std.json.Value) !std.json.Value {
    var map: std.json.ObjectMap = .empty;
    try map.put(clawdbot.allocator(), "visits", value);
    return .{ .object = map };
}

fn refused(why: anytype) !clawdbot.Result {
    return .{ .failure = try std.fmt.allocPrint(clawdbot.allocator(), "{s}: {s}", .{ why.code, why.message }) };
}
