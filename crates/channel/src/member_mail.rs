//! Handing a mail to a member over. It needs no permit, since it is no message to a buyer: its recipient is a
//! [`MemberMailbox`], which no relay address can be and which the store alone makes.

use std::time::Instant;

use model::{MemberMailId, MemberMailText, Reason, Timestamp};
use policy::MemberMailbox;

use crate::handing::{Halt, Step};
use crate::{Line, Sent, mail, stuffing};

/// A mail to a member.
#[derive(Debug, Clone, Copy)]
pub struct MemberLetter<'a> {
    /// Its id, from which the `Message-ID` comes: the same at each try.
    pub id: MemberMailId,
    /// To whom.
    pub to: &'a MemberMailbox,
    /// What it says.
    pub text: &'a MemberMailText,
    /// When it is sent.
    pub date: Timestamp,
}

impl Line {
    /// Hands a mail to a member over. If the future is dropped half-way, the line is not used again.
    pub async fn hand_to_member(&mut self, letter: &MemberLetter<'_>) -> Sent {
        if !self.is_usable() {
            return Sent::NotSent { reason: Reason::ServerUnreachable, reply: None };
        }
        let bytes = mail::write_to_member(letter, &self.from, self.name.as_deref());
        self.usable = false;
        self.messages += 1;
        let sent = match self.member_envelope(letter.to, bytes.len()).await {
            Ok(()) => self.message(&stuffing::stuffed(&bytes)).await,
            Err(Halt { sent, orderly }) => {
                self.usable = orderly && self.reset().await;
                sent
            }
        };
        self.last_used = Instant::now();
        sent
    }

    async fn member_envelope(&mut self, to: &MemberMailbox, size: usize) -> Result<(), Halt> {
        let size = if self.capabilities.size { format!(" SIZE={size}") } else { String::new() };
        let mail = format!("MAIL FROM:<{}>{size}\r\n", self.from.as_str());
        self.step(Step::Mail, mail.as_bytes()).await?;
        self.step(Step::Rcpt, format!("RCPT TO:<{}>\r\n", to.as_str()).as_bytes()).await?;
        self.step(Step::Data, b"DATA\r\n").await
    }
}
