//! Gives back what it is called with.
mod clawdbot;

#[export_name = "register"]
pub extern "C" fn register() -> i32 {
    clawdbot::output(
        br#"{"tools":[{"name":"echo","description":"Gives back what it is called with","parameters":{"type":"object"}}]}"#,
    );
    0
}

#[export_name = "execute"]
pub extern "C" fn execute() -> i32 {
    clawdbot::output(&clawdbot::input());
    0
}
