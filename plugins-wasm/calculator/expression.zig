//! Reads an expression and works it out. `^` binds strongest and from the right, then a sign, then `* / mod`, then `+ -`.
const std = @import("std");
const rational = @import("rational.zig");
const Rational = rational.Rational;
const Int = std.math.big.int.Managed;

pub const Error = rational.Error || error{ Unreadable, TooDeep };

const depth_max = 100;

pub const Reader = struct {
    memory: std.mem.Allocator,
    text: []const u8,
    at: usize = 0,
    depth: usize = 0,

    pub fn all(self: *Reader) Error!Rational {
        const value = try self.sum();
        self.space();
        return if (self.at == self.text.len) value else error.Unreadable;
    }

    fn space(self: *Reader) void {
        while (self.at < self.text.len and std.mem.indexOfScalar(u8, " \t\n\r_", self.text[self.at]) != null) self.at += 1;
        if (std.mem.startsWith(u8, self.text[self.at..], "\u{3000}")) {
            self.at += 3;
            self.space();
        }
    }

    /// Whether one of these comes next; it is then behind.
    fn take(self: *Reader, signs: []const []const u8) bool {
        self.space();
        for (signs) |sign| {
            if (!std.mem.startsWith(u8, self.text[self.at..], sign)) continue;
            self.at += sign.len;
            return true;
        }
        return false;
    }

    fn sum(self: *Reader) Error!Rational {
        self.depth += 1;
        defer self.depth -= 1;
        if (self.depth > depth_max) return error.TooDeep;
        var value = try self.term();
        while (true) {
            if (self.take(&.{ "+", "＋" })) {
                value = try .plus(self.memory, value, try self.term());
            } else if (self.take(&.{ "-", "−", "－" })) {
                value = try .plus(self.memory, value, try (try self.term()).negated());
            } else return value;
        }
    }

    fn term(self: *Reader) Error!Rational {
        var value = try self.signed();
        while (true) {
            if (self.take(&.{ "*", "×", "·", "＊" })) {
                value = try .times(self.memory, value, try self.signed());
            } else if (self.take(&.{ "/", "÷", "／" })) {
                value = try .over(self.memory, value, try self.signed());
            } else if (self.take(&.{"mod"})) {
                value = try .modulo(self.memory, value, try self.signed());
            } else return value;
        }
    }

    fn signed(self: *Reader) Error!Rational {
        self.depth += 1;
        defer self.depth -= 1;
        if (self.depth > depth_max) return error.TooDeep;
        if (self.take(&.{ "-", "−", "－" })) return (try self.signed()).negated();
        if (self.take(&.{ "+", "＋" })) return self.signed();
        const base = try self.marked();
        if (!self.take(&.{ "^", "**" })) return base;
        return .toThe(self.memory, base, try self.signed());
    }

    fn marked(self: *Reader) Error!Rational {
        var value = try self.atom();
        while (true) {
            if (self.take(&.{ "%", "％" })) {
                value = try .over(self.memory, value, try .whole(self.memory, 100));
            } else if (self.take(&.{"!"})) {
                value = try .factorial(self.memory, value);
            } else return value;
        }
    }

    fn atom(self: *Reader) Error!Rational {
        if (self.take(&.{ "(", "（" })) return self.bracketed();
        if (self.take(&.{"√"})) return .root(self.memory, try self.atom());
        if (self.take(&.{"sqrt"})) {
            if (!self.take(&.{ "(", "（" })) return error.Unreadable;
            return .root(self.memory, try self.bracketed());
        }
        return self.number();
    }

    fn bracketed(self: *Reader) Error!Rational {
        const value = try self.sum();
        return if (self.take(&.{ ")", "）" })) value else error.Unreadable;
    }

    /// `1234`, `1,234.5`, `.5`, `1e-9`: a comma stands only before three digits.
    fn number(self: *Reader) Error!Rational {
        self.space();
        var digits: std.ArrayList(u8) = .empty;
        var behind: i32 = 0;
        var is_fraction = false;
        while (self.at < self.text.len) : (self.at += 1) {
            const c = self.text[self.at];
            if (std.ascii.isDigit(c)) {
                try digits.append(self.memory, c);
                if (is_fraction) behind += 1;
            } else if (c == '.' and !is_fraction) {
                is_fraction = true;
            } else if (!(c == ',' and !is_fraction and digits.items.len > 0 and self.threeDigits())) break;
        }
        if (digits.items.len == 0) return error.Unreadable;
        if (self.at < self.text.len and (self.text[self.at] | 0x20) == 'e') behind -= try self.exponent();
        var top: Int = try .init(self.memory);
        top.setString(10, digits.items) catch return error.Unreadable;
        const value: Rational = try .of(self.memory, top, try .initSet(self.memory, 1));
        const ten: Rational = try .whole(self.memory, 10);
        return .times(self.memory, value, try .toThe(self.memory, ten, try .whole(self.memory, -behind)));
    }

    fn threeDigits(self: *Reader) bool {
        const rest = self.text[self.at + 1 ..];
        for (0..3) |index| if (index >= rest.len or !std.ascii.isDigit(rest[index])) return false;
        return rest.len == 3 or !std.ascii.isDigit(rest[3]);
    }

    fn exponent(self: *Reader) Error!i32 {
        self.at += 1;
        const from = self.at;
        if (self.at < self.text.len and (self.text[self.at] == '-' or self.text[self.at] == '+')) self.at += 1;
        while (self.at < self.text.len and std.ascii.isDigit(self.text[self.at])) self.at += 1;
        const value = std.fmt.parseInt(i32, self.text[from..self.at], 10) catch return error.Unreadable;
        return if (@abs(value) > 10_000) error.TooLarge else value;
    }
};
