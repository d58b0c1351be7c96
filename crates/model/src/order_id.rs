//! Amazon's order id, `123-1234567-1234567`: the first key of everything (law 6). The store is never
//! guessed from its digits.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An Amazon order id: three, seven and seven ASCII digits joined by hyphens.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderId([u8; 19]);

/// A text that is not an order id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an Amazon order id; they look like 123-1234567-1234567")]
pub struct InvalidOrderId;

impl OrderId {
    /// Bytes in the written form.
    pub const LENGTH: usize = 19;

    /// From exactly the 19 bytes of the written form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidOrderId> {
        let id: [u8; Self::LENGTH] = bytes.try_into().map_err(|_| InvalidOrderId)?;
        let shaped = id.iter().enumerate().all(|(place, byte)| match place {
            3 | 11 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if shaped { Ok(Self(id)) } else { Err(InvalidOrderId) }
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        // Only digits and hyphens get in, so this is always text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::fmt::Debug for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OrderId({})", self.as_str())
    }
}

impl std::str::FromStr for OrderId {
    type Err = InvalidOrderId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_bytes(text.trim().as_bytes())
    }
}

impl Serialize for OrderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for OrderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_well_formed_id_is_kept_as_written(text in "[0-9]{3}-[0-9]{7}-[0-9]{7}") {
            prop_assert_eq!(text.parse::<OrderId>().unwrap().to_string(), text);
        }

        #[test]
        fn nothing_else_is_an_order_id(text in ".{0,24}") {
            let shaped = regex_like(text.trim());
            prop_assert_eq!(text.parse::<OrderId>().is_ok(), shaped);
        }
    }

    fn regex_like(text: &str) -> bool {
        let groups: Vec<&str> = text.split('-').collect();
        groups.iter().map(|group| group.len()).collect::<Vec<_>>() == [3, 7, 7]
            && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()))
    }
}
