//! Which of Mailgun's signed posts came already. Mailgun signs a time and a token and not the mail, so a post that was
//! overheard could bring another mail: each is good for one mail, as often as it comes.

use model::{HttpDoorId, Timestamp};

use crate::Store;
use crate::engine::{Tx, Value, sql};
use crate::error::StoreError;

/// What a signed post turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// It never came before.
    New,
    /// It came with this very mail: its answer was lost, or the mail was not yet recorded.
    SameMail,
    /// It came with another mail.
    OtherMail,
}

impl Store {
    /// Remembers a post and its mail until `until`, by a commit of its own: a crash before the mail is recorded leaves
    /// a post that may bring this mail again, and no other.
    pub async fn remember_mailgun_post(
        &self,
        door: HttpDoorId,
        signed: &str,
        digest: [u8; 32],
        until: Timestamp,
    ) -> Result<Post, StoreError> {
        let hash = self.keys.hash("mailgun post", &[door.as_bytes(), signed.as_bytes()])?;
        self.write(move |tx, _| {
            Box::pin(async move {
                let values: [Value; 4] = [door.into(), hash.into(), digest.into(), until.into()];
                let added = tx
                    .run(
                        sql!(
                            "INSERT INTO mailgun_post (door_id, post_hash, digest, kept_until) VALUES ($1, $2, $3, $4)
                             ON CONFLICT (door_id, post_hash) DO NOTHING"
                        ),
                        &values,
                    )
                    .await?;
                if added > 0 {
                    return Ok(Post::New);
                }
                let row = tx
                    .row(
                        sql!("SELECT digest FROM mailgun_post WHERE door_id = $1 AND post_hash = $2"),
                        &[door.into(), hash.into()],
                    )
                    .await?
                    .ok_or_else(|| StoreError::Unavailable("a remembered post went meanwhile".into()))?;
                Ok(if row.bytes::<32>(0)? == digest { Post::SameMail } else { Post::OtherMail })
            })
        })
        .await
    }
}

/// Forgets posts whose signature is too old to be taken any more.
pub(crate) async fn forget(tx: &mut Tx, due: &[Value; 2]) -> Result<u64, StoreError> {
    tx.run(
        sql!(
            "DELETE FROM mailgun_post WHERE (door_id, post_hash) IN
             (SELECT door_id, post_hash FROM mailgun_post WHERE kept_until <= $1 ORDER BY kept_until LIMIT $2)"
        ),
        due,
    )
    .await
}
