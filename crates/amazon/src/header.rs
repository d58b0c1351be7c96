//! Names of headers that Amazon reads or sends.

/// Carries the access token or the restricted data token.
pub const ACCESS_TOKEN: &str = "x-amz-access-token";
/// Amazon's id of a request.
pub(crate) const REQUEST_ID: &str = "x-amzn-requestid";
/// The rate that holds for the operation and the seller at this time; on 20x, 400 and 404 at best, never on 429.
pub(crate) const RATE: &str = "x-amzn-ratelimit-limit";
/// The name of an error, where the answer comes from the gateway before the API.
pub(crate) const ERROR_TYPE: &str = "x-amzn-errortype";

/// The longest `User-Agent` that Amazon takes, in characters.
const LONGEST_AGENT: usize = 500;

/// The `User-Agent` that Amazon requires of every call: the application, its version, the language and the platform.
pub fn user_agent(version: &str, platform: &str) -> String {
    let text = format!("Abide/{version} (Language=Rust; Platform={platform})");
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST_AGENT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_is_one_short_line() {
        assert_eq!(user_agent("1.2.3", "Linux/x86_64"), "Abide/1.2.3 (Language=Rust; Platform=Linux/x86_64)");
        let odd = user_agent("1\r\nX: y", &"a".repeat(600));
        assert_eq!(odd.len(), 500);
        assert!(!odd.contains(['\r', '\n']));
    }
}
