//! One question about a table, and the table that answers it.
const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const Decimal = @import("decimal.zig").Decimal;
const Table = @import("table.zig").Table;

pub const Comparison = enum { equal, not_equal, less, at_most, more, at_least, contains };
pub const Aggregate = enum { count, sum, mean, min, max };

pub const Question = struct {
    file: ?i64 = null,
    where: ?[]const u8 = null,
    is: Comparison = .equal,
    to: []const u8 = "",
    group_by: ?[]const u8 = null,
    take: ?Aggregate = null,
    of: ?[]const u8 = null,
    sort_by: ?[]const u8 = null,
    descending: bool = false,
    /// Rows that are listed where nothing is said: 20.
    limit: usize = 20,
};

pub const Answer = union(enum) { table: Table, failed: []const u8 };

const Row = []const []const u8;

pub fn answer(given: Table, question: Question, chinese: bool) !Answer {
    const memory = clawdbot.allocator();
    var result = given;
    if (question.where) |name| {
        const at = column(given, name) orelse return noColumn(given, name, chinese);
        var rows: std.ArrayList(Row) = .empty;
        for (given.rows) |row| if (holds(row[at], question.is, question.to)) try rows.append(memory, row);
        result.rows = rows.items;
    }
    if (question.take != null or question.group_by != null) {
        result = switch (try aggregate(result, question, chinese)) {
            .table => |table| table,
            .failed => |why| return .{ .failed = why },
        };
    }
    if (question.sort_by orelse if (question.group_by != null) result.names[0] else null) |name| {
        const at = column(result, name) orelse
            // What was taken of it stands in the last column.
            if (question.of != null and std.mem.eql(u8, name, question.of.?)) result.names.len - 1 else return noColumn(result, name, chinese);
        const keyed = try memory.alloc(Keyed, result.rows.len);
        for (keyed, result.rows) |*to, row| to.* = .{ .row = row, .text = row[at], .number = .parse(row[at]) };
        std.mem.sort(Keyed, keyed, question.descending, Keyed.before);
        const sorted = try memory.alloc(Row, keyed.len);
        for (sorted, keyed) |*to, from| to.* = from.row;
        result.rows = sorted;
    }
    return .{ .table = .{ .names = result.names, .rows = result.rows[0..@min(question.limit, result.rows.len)] } };
}

/// A row and what it is sorted by: its number is read once.
const Keyed = struct {
    row: Row,
    text: []const u8,
    number: ?Decimal,

    fn before(descending: bool, a: Keyed, b: Keyed) bool {
        return order(a.text, a.number, b.text, b.number) == if (descending) std.math.Order.gt else std.math.Order.lt;
    }
};

fn order(a: []const u8, x: ?Decimal, b: []const u8, y: ?Decimal) std.math.Order {
    return if (x != null and y != null) x.?.order(y.?) else std.mem.order(u8, a, b);
}

fn holds(found: []const u8, is: Comparison, wanted: []const u8) bool {
    if (is == .contains) return std.ascii.findIgnoreCase(found, wanted) != null;
    const x = Decimal.parse(found);
    const y = Decimal.parse(wanted);
    const compared = order(found, x, wanted, y);
    const alike = (x == null) == (y == null);
    return switch (is) {
        .equal => compared == .eq,
        .not_equal => compared != .eq,
        .less => alike and compared == .lt,
        .at_most => alike and compared != .gt,
        .more => alike and compared == .gt,
        .at_least => alike and compared != .lt,
        .contains => unreachable,
    };
}

/// By its name; of others, by a part that only one has.
fn column(given: Table, name: []const u8) ?usize {
    for (given.names, 0..) |known, at| if (std.ascii.eqlIgnoreCase(known, name)) return at;
    var found: ?usize = null;
    for (given.names, 0..) |known, at| {
        if (std.ascii.findIgnoreCase(known, name) == null) continue;
        if (found != null) return null;
        found = at;
    }
    return found;
}

fn noColumn(given: Table, name: []const u8, chinese: bool) !Answer {
    const memory = clawdbot.allocator();
    const names = try std.mem.join(memory, if (chinese) "、" else ", ", given.names);
    return .{ .failed = if (chinese)
        try std.fmt.allocPrint(memory, "没有“{s}”这一列，有：{s}", .{ name, names })
    else
        try std.fmt.allocPrint(memory, "there is no column \"{s}\", but {s}", .{ name, names }) };
}

fn aggregate(given: Table, question: Question, chinese: bool) !Answer {
    const memory = clawdbot.allocator();
    const take = question.take orelse .count;
    const of: ?usize = if (question.of) |name| column(given, name) orelse return noColumn(given, name, chinese) else null;
    if (of == null and take != .count) {
        const names = try std.mem.join(memory, ", ", given.names);
        return .{ .failed = try std.fmt.allocPrint(memory, "{s}{s}", .{
            if (chinese) "请说明对哪一列求值：" else "say of which column: ",
            names,
        }) };
    }
    const label = if (of) |at|
        try std.fmt.allocPrint(memory, "{s} {s}", .{ @tagName(take), given.names[at] })
    else
        @tagName(take);
    const group: ?usize = if (question.group_by) |name| column(given, name) orelse return noColumn(given, name, chinese) else null;
    const by = group orelse {
        const row = try memory.dupe([]const u8, &.{try value(take, of, given.rows)});
        return .{ .table = .{
            .names = try memory.dupe([]const u8, &.{label}),
            .rows = try memory.dupe(Row, &.{row}),
        } };
    };
    var groups: std.array_hash_map.String(std.ArrayList(Row)) = .empty;
    for (given.rows) |row| {
        const entry = try groups.getOrPut(memory, row[by]);
        if (!entry.found_existing) entry.value_ptr.* = .empty;
        try entry.value_ptr.append(memory, row);
    }
    var rows: std.ArrayList(Row) = .empty;
    for (groups.keys(), groups.values()) |key, members| {
        try rows.append(memory, try memory.dupe([]const u8, &.{ key, try value(take, of, members.items) }));
    }
    return .{ .table = .{ .names = try memory.dupe([]const u8, &.{ given.names[by], label }), .rows = rows.items } };
}

/// What is taken of some rows; what isn't a number is left out, and of no numbers there is nothing but "-".
fn value(take: Aggregate, of: ?usize, rows: []const Row) ![]const u8 {
    const memory = clawdbot.allocator();
    var count: usize = 0;
    var sum: Decimal = .{ .scaled = 0 };
    var least: ?Decimal = null;
    var most: ?Decimal = null;
    for (rows) |row| {
        if (take == .count) {
            if (of == null or row[of.?].len > 0) count += 1;
            continue;
        }
        const number = Decimal.parse(row[of.?]) orelse continue;
        count += 1;
        sum = sum.plus(number);
        if (least == null or number.order(least.?) == .lt) least = number;
        if (most == null or number.order(most.?) == .gt) most = number;
    }
    return switch (take) {
        .count => std.fmt.allocPrint(memory, "{d}", .{count}),
        .sum => sum.write(memory),
        .mean => if (count == 0) "-" else sum.over(count).write(memory),
        .min => if (least) |number| number.write(memory) else "-",
        .max => if (most) |number| number.write(memory) else "-",
    };
}
