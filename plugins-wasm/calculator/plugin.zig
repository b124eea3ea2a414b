//! The calculator: every result is exact, or says that it isn't.
const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const expression = @import("expression.zig");

/// Decimals that are written of a number whose decimals don't end.
const decimals_max = 30;
/// Of one whose decimals end.
const decimals_all = 2_000;

comptime {
    clawdbot.plugin(@embedFile("tools.json"), execute);
}

fn execute(call: clawdbot.Call) !clawdbot.Result {
    const memory = clawdbot.allocator();
    const given = try call.read(struct { expression: []const u8 });
    const chinese = std.mem.eql(u8, call.locale, "zh-CN");
    var reader: expression.Reader = .{ .memory = memory, .text = given.expression };
    const value = reader.all() catch |problem| return .{ .failure = why(problem, chinese) };
    const fraction = try value.fraction(memory);
    const whole = try value.decimal(memory, decimals_all);
    const decimal = if (whole.is_exact) whole else try value.decimal(memory, decimals_max);
    var data: std.json.ObjectMap = .empty;
    try data.put(memory, "exact", .{ .string = fraction });
    try data.put(memory, "decimal", .{ .string = decimal.text });
    try data.put(memory, "is_exact", .{ .bool = decimal.is_exact });
    return .{
        .text = if (decimal.is_exact)
            try std.fmt.allocPrint(memory, "{s} = {s}", .{ given.expression, decimal.text })
        else
            try std.fmt.allocPrint(memory, "{s} = {s} ≈ {s}", .{ given.expression, fraction, decimal.text }),
        .data = .{ .object = data },
    };
}

fn why(problem: expression.Error, chinese: bool) []const u8 {
    return switch (problem) {
        error.DivisionByZero => if (chinese) "不能除以零" else "that divides by zero",
        error.TooLarge, error.OutOfMemory => if (chinese) "结果太大" else "the result is too large",
        error.NotWhole => if (chinese) "这里需要整数" else "that wants a whole number there",
        error.NotSquare => if (chinese) "这个根不是有理数，写不出准确值" else "that root can't be written exactly",
        error.Negative => if (chinese) "这里不能是负数" else "that can't be done with a negative number",
        error.Unreadable => if (chinese) "看不懂这个算式" else "that expression can't be read",
        error.TooDeep => if (chinese) "括号太多层" else "its brackets are nested too deep",
    };
}
