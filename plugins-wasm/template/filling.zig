//! `{{name}}` is a value; `{{name|or else}}` has a text for when there is none; `{{#name}}…{{/name}}` is written once for
//! each element of a list, or once where the value is true; in it `{{.}}` is the element. Nothing else is special.
const std = @import("std");
const json = std.json;

pub const Error = error{ OutOfMemory, Unclosed, TooDeep, TooLarge };

/// The longest text that comes of it.
pub const bytes_max = 200_000;
const depth_max = 8;

pub const Filling = struct {
    memory: std.mem.Allocator,
    out: std.ArrayList(u8) = .empty,
    /// Names that had no value, each once.
    missing: std.ArrayList([]const u8) = .empty,
    depth: usize = 0,

    /// @param scopes What names are looked up in: the innermost last.
    pub fn fill(self: *Filling, template: []const u8, scopes: []const json.Value) Error!void {
        self.depth += 1;
        defer self.depth -= 1;
        if (self.depth > depth_max) return error.TooDeep;
        var rest = template;
        while (std.mem.indexOf(u8, rest, "{{")) |from| {
            try self.write(rest[0..from]);
            const to = std.mem.indexOfPos(u8, rest, from + 2, "}}") orelse return error.Unclosed;
            const inner = std.mem.trim(u8, rest[from + 2 .. to], " ");
            rest = rest[to + 2 ..];
            if (std.mem.startsWith(u8, inner, "#")) {
                const name = std.mem.trim(u8, inner[1..], " ");
                const end = try self.endOf(rest, name);
                try self.section(rest[0..end.from], find(scopes, name), scopes);
                rest = rest[end.to..];
            } else try self.value(inner, scopes);
        }
        try self.write(rest);
    }

    fn section(self: *Filling, body: []const u8, found: ?json.Value, scopes: []const json.Value) Error!void {
        const given = found orelse return;
        switch (given) {
            .array => |list| for (list.items) |element| {
                const inner = try std.mem.concat(self.memory, json.Value, &.{ scopes, &.{element} });
                try self.fill(body, inner);
            },
            .bool => |is| if (is) try self.fill(body, scopes),
            .null => {},
            else => try self.fill(body, try std.mem.concat(self.memory, json.Value, &.{ scopes, &.{given} })),
        }
    }

    fn value(self: *Filling, inner: []const u8, scopes: []const json.Value) Error!void {
        const bar = std.mem.indexOfScalar(u8, inner, '|');
        const name = std.mem.trim(u8, inner[0 .. bar orelse inner.len], " ");
        const found = find(scopes, name);
        if (found != null and found.? != .null) return self.write(try self.textOf(found.?));
        if (bar) |at| return self.write(std.mem.trim(u8, inner[at + 1 ..], " "));
        for (self.missing.items) |known| if (std.mem.eql(u8, known, name)) return;
        try self.missing.append(self.memory, name);
    }

    fn textOf(self: *Filling, given: json.Value) Error![]const u8 {
        return switch (given) {
            .string => |text| text,
            else => json.Stringify.valueAlloc(self.memory, given, .{}),
        };
    }

    fn write(self: *Filling, text: []const u8) Error!void {
        if (self.out.items.len + text.len > bytes_max) return error.TooLarge;
        try self.out.appendSlice(self.memory, text);
    }

    /// Where the section's own end is: those of the same name within it are skipped.
    fn endOf(self: *Filling, text: []const u8, name: []const u8) Error!struct { from: usize, to: usize } {
        _ = self;
        var open: usize = 1;
        var at: usize = 0;
        while (std.mem.indexOfPos(u8, text, at, "{{")) |from| {
            const to = std.mem.indexOfPos(u8, text, from, "}}") orelse return error.Unclosed;
            const inner = std.mem.trim(u8, text[from + 2 .. to], " ");
            at = to + 2;
            if (inner.len < 2 or !std.mem.eql(u8, std.mem.trim(u8, inner[1..], " "), name)) continue;
            if (inner[0] == '#') open += 1;
            if (inner[0] == '/') open -= 1;
            if (open == 0) return .{ .from = from, .to = at };
        }
        return error.Unclosed;
    }
};

fn find(scopes: []const json.Value, name: []const u8) ?json.Value {
    if (std.mem.eql(u8, name, ".")) return scopes[scopes.len - 1];
    var left = scopes.len;
    while (left > 0) : (left -= 1) {
        if (scopes[left - 1] != .object) continue;
        if (scopes[left - 1].object.get(name)) |found| return found;
    }
    return null;
}
