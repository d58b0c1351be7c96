//! A message's own name in the mail world, its `Message-ID`, made from its id alone: the same at each try, so that
//! Amazon's answers, bounces and notices that quote it lead back to the outbox's row.

use crate::MessageId;
use crate::sender::SenderAddress;

/// Tells ours from other programs' UUIDs.
const PREFIX: &str = "message-";

/// `<message-UUID@DOMAIN>`, with the domain of the From address (RFC 5322, 3.6.4).
pub fn message_id_of(message: MessageId, from: &SenderAddress) -> String {
    format!("<{PREFIX}{message}@{}>", from.domain())
}

/// The message that a `Message-ID` names, if it is one of ours; angle brackets and blanks around it don't matter.
///
/// Anybody can write such a name: that the message exists, and whose it is, must be looked up.
pub fn outbox_message_of(message_id: &str) -> Option<MessageId> {
    let inner = message_id.trim();
    let inner = inner.strip_prefix('<').map_or(Some(inner), |rest| rest.strip_suffix('>'))?;
    let (local, domain) = inner.split_once('@')?;
    let hyphenated = |id: &str| id.len() == 36;
    // Systems on the way may have changed the case.
    let local = local.to_ascii_lowercase();
    let id = local.strip_prefix(PREFIX).filter(|id| hyphenated(id))?;
    if domain.is_empty() || domain.contains(['@', '<', '>', ' ']) { None } else { id.parse().ok() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn from() -> SenderAddress {
        "orders@shop.example".parse().unwrap()
    }

    #[test]
    fn a_message_is_found_by_its_message_id_and_by_no_other() {
        let message = MessageId::generate();
        let name = message_id_of(message, &from());
        assert_eq!(name, format!("<message-{message}@shop.example>"));
        assert_eq!(outbox_message_of(&name), Some(message));
        assert_eq!(outbox_message_of(&format!("  message-{message}@shop.example ")), Some(message));
        assert_eq!(outbox_message_of(&name.to_uppercase()), Some(message));
        for other in [
            format!("<{message}@shop.example>"),
            format!("<message-{message}>"),
            format!("<message-{message}@>"),
            format!("<message-{message}@a> <b@c>"),
            format!("<message-{message}@shop.example"),
            "<message-@shop.example>".to_owned(),
            format!("<message-{}@shop.example>", message.to_string().replace('-', "")),
            String::new(),
        ] {
            assert_eq!(outbox_message_of(&other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_message_comes_back_and_any_text_is_taken_without_harm(bytes in any::<[u8; 16]>(), text in ".{0,80}") {
            let message = MessageId::from_bytes(bytes);
            prop_assert_eq!(outbox_message_of(&message_id_of(message, &from())), Some(message));
            let _ = outbox_message_of(&text);
        }
    }
}
