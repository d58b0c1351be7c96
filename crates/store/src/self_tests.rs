//! Self-tests of ways in.

use model::{MemberMailId, Timestamp};

use crate::engine::{Tx, sql};
use crate::error::StoreError;

/// The marked mail left: its time runs from now.
pub(crate) async fn was_sent(tx: &mut Tx, mail: MemberMailId, now: Timestamp) -> Result<(), StoreError> {
    tx.run(
        sql!("UPDATE self_test SET sent_at = $2 WHERE member_mail_id = $1 AND state = 'waiting'"),
        &[mail.into(), now.into()],
    )
    .await?;
    Ok(())
}
