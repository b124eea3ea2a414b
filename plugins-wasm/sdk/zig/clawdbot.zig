//! What a Clawdbot plugin in Zig needs: its call, its answer, and the host's functions.
//!
//!     const clawdbot = @import("clawdbot/clawdbot.zig");
//!     comptime {
//!         clawdbot.plugin(@embedFile("tools.json"), execute);
//!     }
//!     fn execute(call: clawdbot.Call) !clawdbot.Result {
//!         return .{ .text = "hello" };
//!     }
const std = @import("std");
const json = std.json;

pub const capabilities = @import("capabilities.zig");

const host = struct {
    extern "extism:host/env" fn input_length() u64;
    extern "extism:host/env" fn input_load_u64(at: u64) u64;
    extern "extism:host/env" fn input_load_u8(at: u64) u32;
    extern "extism:host/env" fn alloc(bytes: u64) u64;
    extern "extism:host/env" fn free(block: u64) void;
    extern "extism:host/env" fn length(block: u64) u64;
    extern "extism:host/env" fn load_u64(at: u64) u64;
    extern "extism:host/env" fn load_u8(at: u64) u32;
    extern "extism:host/env" fn store_u64(at: u64, value: u64) void;
    extern "extism:host/env" fn store_u8(at: u64, value: u32) void;
    extern "extism:host/env" fn output_set(block: u64, bytes: u64) void;
    extern "extism:host/env" fn log_info(block: u64) void;
};

var arena: std.heap.ArenaAllocator = .init(std.heap.wasm_allocator);

/// Memory until the call ends.
pub fn allocator() std.mem.Allocator {
    return arena.allocator();
}

/// What `execute` is given. `arguments` is an object that the tool's schema holds for.
pub const Call = struct {
    tool: []const u8,
    arguments: json.Value,
    /// "en" or "zh-CN".
    locale: []const u8,
    now_ms: f64,

    /// The arguments as a struct of the plugin's own.
    pub fn read(call: Call, comptime T: type) !T {
        return json.parseFromValueLeaky(T, allocator(), call.arguments, .{ .ignore_unknown_fields = true });
    }
};

/// What a call comes to: a text for people, with data where there is some; or `failure`.
pub const Result = struct {
    text: []const u8 = "",
    data: ?json.Value = null,
    failure: ?[]const u8 = null,
};

/// What the host answered.
pub const Reply = union(enum) {
    ok: json.Value,
    failed: struct { code: []const u8, message: []const u8 },
};

/// Defines the exports `register` and `execute`. `tools` is JSON: `{"tools": [...]}`.
pub fn plugin(comptime tools: []const u8, comptime execute: fn (Call) anyerror!Result) void {
    const exports = struct {
        fn registerTools() callconv(.c) i32 {
            output(tools);
            return 0;
        }
        fn executeTool() callconv(.c) i32 {
            _ = arena.reset(.retain_capacity);
            answer(execute) catch return 1;
            return 0;
        }
    };
    @export(&exports.registerTools, .{ .name = "register" });
    @export(&exports.executeTool, .{ .name = "execute" });
}

fn answer(comptime execute: fn (Call) anyerror!Result) !void {
    const Given = struct {
        tool: []const u8,
        arguments: json.Value,
        context: struct { locale: []const u8, now_ms: f64 },
    };
    const given = try json.parseFromSliceLeaky(Given, allocator(), try input(), .{ .ignore_unknown_fields = true });
    const result = execute(.{
        .tool = given.tool,
        .arguments = given.arguments,
        .locale = given.context.locale,
        .now_ms = given.context.now_ms,
    }) catch |err| Result{ .failure = @errorName(err) };
    if (result.failure) |why| return output(try text(.{ .@"error" = why }));
    if (result.data) |data| return output(try text(.{ .text = result.text, .data = data }));
    output(try text(.{ .text = result.text }));
}

/// As JSON. Fields that are null are left out.
pub fn text(value: anytype) ![]u8 {
    return json.Stringify.valueAlloc(allocator(), value, .{ .emit_null_optional_fields = false });
}

/// What the export was called with.
pub fn input() ![]u8 {
    const bytes = try allocator().alloc(u8, @intCast(host.input_length()));
    load(bytes, 0, host.input_load_u64, host.input_load_u8);
    return bytes;
}

/// What the export gives.
pub fn output(bytes: []const u8) void {
    host.output_set(lend(bytes), bytes.len);
}

/// A line in the plugin's own log. Wants the capability "log".
pub fn log(line: []const u8) void {
    const block = lend(line);
    host.log_info(block);
    if (block != 0) host.free(block);
}

/// Asks the host: `function` is one that the host lends, `asked` what it is given as JSON.
pub fn ask(comptime function: fn (u64) callconv(.c) u64, asked: anytype) !Reply {
    const block = function(lend(try text(asked)));
    if (block == 0) return unread;
    const bytes = try allocator().alloc(u8, @intCast(host.length(block)));
    load(bytes, block, host.load_u64, host.load_u8);
    host.free(block);
    const said = json.parseFromSliceLeaky(json.Value, allocator(), bytes, .{}) catch return unread;
    if (said != .object) return unread;
    if (said.object.get("ok")) |ok| return .{ .ok = ok };
    const Why = struct { code: []const u8, message: []const u8 };
    const why = json.parseFromValueLeaky(Why, allocator(), said.object.get("error") orelse return unread, .{}) catch return unread;
    return .{ .failed = .{ .code = why.code, .message = why.message } };
}

const unread: Reply = .{ .failed = .{ .code = "reply", .message = "the host's answer can't be read" } };

/// A block of the host's that holds these bytes; 0 for none.
fn lend(bytes: []const u8) u64 {
    if (bytes.len == 0) return 0;
    const block = host.alloc(bytes.len);
    var at: usize = 0;
    while (at + 8 <= bytes.len) : (at += 8) {
        host.store_u64(block + at, std.mem.readInt(u64, bytes[at..][0..8], .little));
    }
    while (at < bytes.len) : (at += 1) host.store_u8(block + at, bytes[at]);
    return block;
}

fn load(
    to: []u8,
    from: u64,
    comptime load64: fn (u64) callconv(.c) u64,
    comptime load8: fn (u64) callconv(.c) u32,
) void {
    var at: usize = 0;
    while (at + 8 <= to.len) : (at += 8) {
        std.mem.writeInt(u64, to[at..][0..8], load64(from + at), .little);
    }
    while (at < to.len) : (at += 1) to[at] = @truncate(load8(from + at));
}
