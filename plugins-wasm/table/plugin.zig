//! Questions about a table that was sent along with a message: CSV, or a JSON list of objects.
const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const query = @import("query.zig");
const table = @import("table.zig");

comptime {
    clawdbot.plugin(@embedFile("tools.json"), execute);
}

fn execute(call: clawdbot.Call) !clawdbot.Result {
    const chinese = std.mem.eql(u8, call.locale, "zh-CN");
    const question = try call.read(query.Question);
    const given = switch (try table.open(question.file, chinese)) {
        .table => |found| found,
        .failed => |why| return .{ .failure = why },
    };
    if (std.mem.eql(u8, call.tool, "columns")) return columns(given, chinese);
    switch (try query.answer(given, question, chinese)) {
        .failed => |why| return .{ .failure = why },
        .table => |found| return .{
            .text = if (found.names.len == 1 and found.rows.len == 1)
                try std.fmt.allocPrint(clawdbot.allocator(), "{s} = {s}", .{ found.names[0], found.rows[0][0] })
            else
                try written(found),
            .data = try valueOf(.{ .columns = found.names, .rows = found.rows }),
        },
    }
}

fn columns(given: table.Table, chinese: bool) !clawdbot.Result {
    const memory = clawdbot.allocator();
    const names = try std.mem.join(memory, if (chinese) "、" else ", ", given.names);
    const first: table.Table = .{ .names = given.names, .rows = given.rows[0..@min(3, given.rows.len)] };
    return .{
        .text = try std.fmt.allocPrint(memory, "{d}{s}{s}\n{s}", .{
            given.rows.len,
            if (chinese) " 行：" else " rows: ",
            names,
            try written(first),
        }),
        .data = try valueOf(.{ .columns = given.names, .rows = given.rows.len }),
    };
}

/// A table as people read it: columns between bars.
fn written(given: table.Table) ![]const u8 {
    const memory = clawdbot.allocator();
    var lines: std.ArrayList([]const u8) = .empty;
    try lines.append(memory, try std.mem.join(memory, " | ", given.names));
    for (given.rows) |row| try lines.append(memory, try std.mem.join(memory, " | ", row));
    return std.mem.join(memory, "\n", lines.items);
}

/// A value of JSON, by way of its text.
fn valueOf(given: anytype) !std.json.Value {
    return std.json.parseFromSliceLeaky(std.json.Value, clawdbot.allocator(), try clawdbot.text(given), .{});
}
