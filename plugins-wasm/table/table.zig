//! A table that was sent along: which file it is, and what is in it.
const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const json = std.json;

/// The largest file that is read: all of it stands in memory.
pub const bytes_max = 2 << 20;

pub const Table = struct {
    names: []const []const u8,
    rows: []const []const []const u8,
};

pub const Opened = union(enum) { table: Table, failed: []const u8 };

/// Reads the wanted file, or the first that is a table by its name or kind.
pub fn open(wanted: ?i64, chinese: bool) !Opened {
    const memory = clawdbot.allocator();
    const listed = switch (try clawdbot.capabilities.filesAttachments()) {
        .ok => |ok| ok.object.get("attachments").?.array.items,
        .failed => |why| return refused(why),
    };
    const index = for (listed, 0..) |file, at| {
        if (if (wanted) |which| which == at else isTable(file)) break at;
    } else return .{ .failed = if (chinese)
        "没有随消息发来表格：请发送 CSV 或 JSON 文件"
    else
        "no table was sent along: send a CSV or JSON file" };
    if (listed[index].object.get("bytes").?.integer > bytes_max) {
        return .{ .failed = if (chinese) "文件超过 2 MB" else "the file is larger than 2 MB" };
    }
    var content: std.ArrayList(u8) = .empty;
    try content.ensureTotalCapacity(memory, @intCast(@max(0, listed[index].object.get("bytes").?.integer)));
    while (true) {
        const offset: ?f64 = if (content.items.len == 0) null else @floatFromInt(content.items.len);
        const piece = switch (try clawdbot.capabilities.filesAttachment(@floatFromInt(index), .{ .offset = offset })) {
            .ok => |ok| ok.object,
            .failed => |why| return refused(why),
        };
        const encoded = piece.get("body_base64").?.string;
        const decoder = std.base64.standard.Decoder;
        const to = try content.addManyAsSlice(memory, try decoder.calcSizeForSlice(encoded));
        try decoder.decode(to, encoded);
        if (to.len == 0 or content.items.len >= piece.get("bytes").?.integer) break;
        if (content.items.len > bytes_max) break;
    }
    const read = parse(content.items) catch |problem| switch (problem) {
        error.OutOfMemory => return problem,
        else => return .{ .failed = if (chinese) "文件不是 CSV，也不是由对象组成的 JSON 列表" else "the file is neither CSV nor a JSON list of objects" },
    };
    if (read.names.len == 0) return .{ .failed = if (chinese) "文件里没有列" else "the file has no columns" };
    return .{ .table = read };
}

fn refused(why: anytype) !Opened {
    return .{ .failed = try std.fmt.allocPrint(clawdbot.allocator(), "{s}: {s}", .{ why.code, why.message }) };
}

fn isTable(file: json.Value) bool {
    const name = file.object.get("name").?.string;
    const kind = file.object.get("media_type").?.string;
    for ([_][]const u8{ ".csv", ".tsv", ".json" }) |ending| {
        if (std.ascii.endsWithIgnoreCase(name, ending)) return true;
    }
    return std.mem.eql(u8, kind, "text/csv") or std.mem.eql(u8, kind, "application/json");
}

fn parse(whole: []const u8) !Table {
    const content = if (std.mem.startsWith(u8, whole, "\u{feff}")) whole[3..] else whole;
    const trimmed = std.mem.trimStart(u8, content, " \t\r\n");
    return if (std.mem.startsWith(u8, trimmed, "[")) parseJson(trimmed) else parseCsv(content);
}

/// A list of objects; the columns are their names, in the order in which they first occur.
fn parseJson(content: []const u8) !Table {
    const memory = clawdbot.allocator();
    const list = try json.parseFromSliceLeaky(json.Value, memory, content, .{ .parse_numbers = false });
    if (list != .array) return error.NotATable;
    var names: std.ArrayList([]const u8) = .empty;
    var places: std.StringHashMapUnmanaged(usize) = .empty;
    for (list.array.items) |element| {
        if (element != .object) return error.NotATable;
        for (element.object.keys()) |name| {
            const place = try places.getOrPut(memory, name);
            if (place.found_existing) continue;
            place.value_ptr.* = names.items.len;
            try names.append(memory, name);
        }
    }
    var rows: std.ArrayList([]const []const u8) = .empty;
    for (list.array.items) |element| {
        const row = try memory.alloc([]const u8, names.items.len);
        @memset(row, "");
        for (element.object.keys(), element.object.values()) |name, value| {
            row[places.get(name).?] = switch (value) {
                .string, .number_string => |text| text,
                .null => "",
                else => try json.Stringify.valueAlloc(memory, value, .{}),
            };
        }
        try rows.append(memory, row);
    }
    return .{ .names = names.items, .rows = rows.items };
}

/// Source: RFC 4180; the separator is the one that stands most often in the first line.
fn parseCsv(content: []const u8) !Table {
    const memory = clawdbot.allocator();
    const separator = separatorOf(content);
    var names: ?[]const []const u8 = null;
    var rows: std.ArrayList([]const []const u8) = .empty;
    // One for all rows: a table of many short ones would else take several times its own size.
    var line: std.ArrayList([]const u8) = .empty;
    var at: usize = 0;
    while (at < content.len) {
        const field = try fieldAt(content, at, separator);
        try line.append(memory, std.mem.trim(u8, field.text, " \t"));
        at = field.end;
        if (at < content.len and content[at] == separator) {
            at += 1;
            if (at < content.len) continue;
            try line.append(memory, "");
        }
        if (at < content.len and content[at] == '\r') at += 1;
        if (at < content.len and content[at] == '\n') at += 1;
        if (line.items.len > 1 or line.items[0].len > 0) {
            const row = try memory.alloc([]const u8, if (names) |known| known.len else line.items.len);
            @memset(row, "");
            const count = @min(row.len, line.items.len);
            @memcpy(row[0..count], line.items[0..count]);
            if (names == null) names = row else try rows.append(memory, row);
        }
        line.clearRetainingCapacity();
    }
    return .{ .names = names orelse return error.NotATable, .rows = rows.items };
}

fn fieldAt(content: []const u8, from: usize, separator: u8) !struct { text: []const u8, end: usize } {
    if (content[from] != '"') {
        var end = from;
        while (end < content.len and content[end] != separator and content[end] != '\n' and content[end] != '\r') end += 1;
        return .{ .text = content[from..end], .end = end };
    }
    var text: std.ArrayList(u8) = .empty;
    var at = from + 1;
    while (at < content.len) : (at += 1) {
        if (content[at] == '"') {
            if (at + 1 >= content.len or content[at + 1] != '"') return .{ .text = text.items, .end = at + 1 };
            at += 1;
        }
        try text.append(clawdbot.allocator(), content[at]);
    }
    return error.NotATable;
}

fn separatorOf(content: []const u8) u8 {
    const first = content[0 .. std.mem.indexOfScalar(u8, content, '\n') orelse content.len];
    var best: u8 = ',';
    for (",;\t|") |candidate| {
        if (std.mem.countScalar(u8, first, candidate) > std.mem.countScalar(u8, first, best)) best = candidate;
    }
    return best;
}
