//! Fills templates: those that are given, and those that lie in the plugin's own files below templates/.
const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const Filling = @import("filling.zig").Filling;
const json = std.json;

const folder = "templates/";

comptime {
    clawdbot.plugin(@embedFile("tools.json"), execute);
}

fn execute(call: clawdbot.Call) !clawdbot.Result {
    const chinese = std.mem.eql(u8, call.locale, "zh-CN");
    return if (std.mem.eql(u8, call.tool, "list")) list(chinese) else fill(call, chinese);
}

fn list(chinese: bool) !clawdbot.Result {
    const memory = clawdbot.allocator();
    const listed = switch (try clawdbot.capabilities.filesList(.{ .prefix = folder })) {
        .ok => |ok| ok.object.get("files").?.array.items,
        .failed => |why| return refused(why),
    };
    if (listed.len == 0) return .{ .text = if (chinese) "还没有模板" else "There are no templates yet" };
    var text: std.ArrayList(u8) = .empty;
    for (listed) |file| {
        if (text.items.len > 0) try text.append(memory, '\n');
        try text.appendSlice(memory, file.object.get("name").?.string[folder.len..]);
    }
    return .{ .text = text.items };
}

fn fill(call: clawdbot.Call, chinese: bool) !clawdbot.Result {
    const memory = clawdbot.allocator();
    const given = try call.read(struct {
        text: ?[]const u8 = null,
        file: ?[]const u8 = null,
        values: json.Value = .{ .object = .empty },
    });
    const template = given.text orelse switch (try read(given.file orelse
        return .{ .failure = if (chinese) "请给出模板文本或模板名" else "give a text, or a template's name" })) {
        .text => |text| text,
        .failed => |why| return .{ .failure = why },
    };
    var filling: Filling = .{ .memory = memory };
    filling.fill(template, &.{given.values}) catch |problem| return .{ .failure = switch (problem) {
        error.Unclosed => if (chinese) "模板里有没写完的 {{" else "a {{ in the template is never closed",
        error.TooDeep => if (chinese) "模板嵌套太深" else "the template is nested too deep",
        error.TooLarge => if (chinese) "结果太长" else "the result is too long",
        error.OutOfMemory => return problem,
    } };
    if (filling.missing.items.len > 0) {
        const names = try std.mem.join(memory, ", ", filling.missing.items);
        return .{ .failure = try std.fmt.allocPrint(memory, "{s}{s}", .{
            if (chinese) "缺少：" else "missing: ",
            names,
        }) };
    }
    return .{ .text = filling.out.items };
}

/// A template's text, a piece at a time.
fn read(name: []const u8) !union(enum) { text: []const u8, failed: []const u8 } {
    const memory = clawdbot.allocator();
    const path = try std.mem.concat(memory, u8, &.{ folder, name });
    var text: std.ArrayList(u8) = .empty;
    while (true) {
        const piece = switch (try clawdbot.capabilities.filesRead(path, .{ .offset = @floatFromInt(text.items.len) })) {
            .ok => |ok| ok.object,
            .failed => |why| return .{ .failed = (try refused(why)).failure.? },
        };
        const encoded = piece.get("body_base64").?.string;
        const decoder = std.base64.standard.Decoder;
        const to = try text.addManyAsSlice(memory, try decoder.calcSizeForSlice(encoded));
        try decoder.decode(to, encoded);
        if (to.len == 0 or text.items.len >= piece.get("bytes").?.integer) return .{ .text = text.items };
    }
}

fn refused(why: anytype) !clawdbot.Result {
    return .{ .failure = try std.fmt.allocPrint(clawdbot.allocator(), "{s}: {s}", .{ why.code, why.message }) };
}
