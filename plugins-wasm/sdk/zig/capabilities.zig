//! Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.
const std = @import("std");
const clawdbot = @import("clawdbot.zig");
const Reply = clawdbot.Reply;

const host = struct {
    extern "extism:host/user" fn http(request: u64) u64;
    extern "extism:host/user" fn kv(request: u64) u64;
    extern "extism:host/user" fn files(request: u64) u64;
    extern "extism:host/user" fn message(request: u64) u64;
    extern "extism:host/user" fn model(request: u64) u64;
    extern "extism:host/user" fn knowledge(request: u64) u64;
    extern "extism:host/user" fn device(request: u64) u64;
};

pub const HttpOptions = struct {
    method: ?[]const u8 = null,
    headers: ?std.json.Value = null,
    body: ?[]const u8 = null,
    body_base64: ?[]const u8 = null,
    secrets: ?[]const []const u8 = null,
};

pub fn http(url: []const u8, options: HttpOptions) !Reply {
    return clawdbot.ask(host.http, .{ .url = url, .method = options.method, .headers = options.headers, .body = options.body, .body_base64 = options.body_base64, .secrets = options.secrets });
}

pub fn kvGet(key: []const u8) !Reply {
    return clawdbot.ask(host.kv, .{ .op = "get", .key = key });
}

pub const KvListOptions = struct {
    prefix: ?[]const u8 = null,
    after: ?[]const u8 = null,
};

pub fn kvList(options: KvListOptions) !Reply {
    return clawdbot.ask(host.kv, .{ .op = "list", .prefix = options.prefix, .after = options.after });
}

pub const KvSetOptions = struct {
    @"if": ?std.json.Value = null,
};

pub fn kvSet(entries: std.json.Value, options: KvSetOptions) !Reply {
    return clawdbot.ask(host.kv, .{ .op = "set", .entries = entries, .@"if" = options.@"if" });
}

pub const FilesListOptions = struct {
    prefix: ?[]const u8 = null,
};

pub fn filesList(options: FilesListOptions) !Reply {
    return clawdbot.ask(host.files, .{ .op = "list", .prefix = options.prefix });
}

pub const FilesReadOptions = struct {
    offset: ?f64 = null,
};

pub fn filesRead(name: []const u8, options: FilesReadOptions) !Reply {
    return clawdbot.ask(host.files, .{ .op = "read", .name = name, .offset = options.offset });
}

pub fn filesWrite(name: []const u8, body_base64: []const u8) !Reply {
    return clawdbot.ask(host.files, .{ .op = "write", .name = name, .body_base64 = body_base64 });
}

pub fn filesRemove(name: []const u8) !Reply {
    return clawdbot.ask(host.files, .{ .op = "remove", .name = name });
}

pub fn filesAttachments() !Reply {
    return clawdbot.ask(host.files, .{ .op = "attachments" });
}

pub const FilesAttachmentOptions = struct {
    offset: ?f64 = null,
};

pub fn filesAttachment(index: f64, options: FilesAttachmentOptions) !Reply {
    return clawdbot.ask(host.files, .{ .op = "attachment", .index = index, .offset = options.offset });
}

pub const MessageOptions = struct {
    person: ?[]const u8 = null,
};

pub fn message(text: []const u8, options: MessageOptions) !Reply {
    return clawdbot.ask(host.message, .{ .text = text, .person = options.person });
}

pub const ModelOptions = struct {
    tokens: ?f64 = null,
};

pub fn model(prompt: []const u8, options: ModelOptions) !Reply {
    return clawdbot.ask(host.model, .{ .prompt = prompt, .tokens = options.tokens });
}

pub fn knowledge(collection: []const u8, query: []const u8) !Reply {
    return clawdbot.ask(host.knowledge, .{ .collection = collection, .query = query });
}

pub fn deviceList() !Reply {
    return clawdbot.ask(host.device, .{ .op = "list" });
}

pub fn deviceRead(device: []const u8, tag: []const u8) !Reply {
    return clawdbot.ask(host.device, .{ .op = "read", .device = device, .tag = tag });
}

pub fn deviceWrite(device: []const u8, tag: []const u8, value: std.json.Value) !Reply {
    return clawdbot.ask(host.device, .{ .op = "write", .device = device, .tag = tag, .value = value });
}
