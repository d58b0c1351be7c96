//! What people write to the operator from the help page. A stranger may write, so there are few at a time, each is short,
//! and all are sealed; one that the operator is done with is gone.

use model::{AlertKind, ContactNoteId, Span, Timestamp};

use crate::Store;
use crate::alerts::{self, INSTALLATION};
use crate::engine::{Row, Value, sql};
use crate::error::StoreError;
use crate::keys::Keys;

/// Notes that wait at most; further ones are turned away until the operator has looked.
pub const CONTACT_NOTES: u64 = 200;

/// How long one waits before it is erased, since it names a person.
const KEPT: Span = Span::days(90);

/// The longest address, in bytes (RFC 5321, 4.5.3.1.3), and the longest text, in bytes.
const LONGEST_EMAIL: usize = 254;
const LONGEST_TEXT: usize = 8_000;

/// What somebody wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactNote {
    /// Its id.
    pub id: ContactNoteId,
    /// When.
    pub at: Timestamp,
    /// Where an answer goes, as it was typed; personal data, and nobody's word for it.
    pub email: String,
    /// What it says; personal data.
    pub text: String,
}

impl Store {
    /// Keeps a note for the operator, and alerts him once a day. Whether there was room.
    ///
    /// # Errors
    /// An address or a text that is empty or too long.
    pub async fn leave_contact_note(&self, email: String, text: String, now: Timestamp) -> Result<bool, StoreError> {
        if email.is_empty() || email.len() > LONGEST_EMAIL || text.is_empty() || text.len() > LONGEST_TEXT {
            return Err(StoreError::Conflict("a note has an address and a text of at most 8,000 bytes".into()));
        }
        self.write(move |tx, keys| {
            let (email, text) = (email.clone(), text.clone());
            Box::pin(async move {
                tx.run(sql!("DELETE FROM contact_note WHERE at < $1"), &[now.minus(KEPT).into()]).await?;
                let waiting = tx.row(sql!("SELECT COUNT(*) FROM contact_note"), &[]).await?;
                if waiting.map_or(Ok(0), |row| row.count(0))? >= CONTACT_NOTES {
                    return Ok(false);
                }
                let id = ContactNoteId::generate();
                let values: [Value; 4] = [
                    id.into(),
                    now.into(),
                    keys.seal(INSTALLATION, "contact email", email.as_bytes())?.into(),
                    keys.seal(INSTALLATION, "contact text", text.as_bytes())?.into(),
                ];
                let kept = sql!("INSERT INTO contact_note (id, at, email_sealed, text_sealed) VALUES ($1, $2, $3, $4)");
                tx.run(kept, &values).await?;
                // The alert says that there is one, never what it says.
                alerts::raise(tx, keys, INSTALLATION, AlertKind::ContactNote, "", now).await?;
                Ok(true)
            })
        })
        .await
    }

    /// The notes that wait, the newest first.
    pub async fn contact_notes(&self) -> Result<Vec<ContactNote>, StoreError> {
        self.read(|tx, keys| {
            Box::pin(async move {
                let all = sql!("SELECT id, at, email_sealed, text_sealed FROM contact_note ORDER BY id DESC LIMIT 200");
                tx.rows(all, &[]).await?.iter().map(|row| opened(keys, row)).collect()
            })
        })
        .await
    }

    /// The operator is done with a note: it is erased. Whether there was one.
    pub async fn erase_contact_note(&self, id: ContactNoteId) -> Result<bool, StoreError> {
        self.write(move |tx, _| {
            Box::pin(async move { Ok(tx.run(sql!("DELETE FROM contact_note WHERE id = $1"), &[id.into()]).await? > 0) })
        })
        .await
    }
}

fn opened(keys: &Keys, row: &Row) -> Result<ContactNote, StoreError> {
    Ok(ContactNote {
        id: ContactNoteId::from_bytes(row.bytes(0)?),
        at: row.time(1)?,
        email: keys.open_text(INSTALLATION, "contact email", row.blob(2)?)?,
        text: keys.open_text(INSTALLATION, "contact text", row.blob(3)?)?,
    })
}
