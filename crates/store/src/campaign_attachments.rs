//! The files that go with campaigns' letters. A content is kept once for an account, known by its digest; each version of
//! a campaign names its own, so that a file changed beside the campaign later changes no message of an earlier version.

use std::collections::HashMap;

use model::attachment::AttachmentDigest;
use model::{AccountId, AttachedFile, Attachment, CampaignId};

use crate::Store;
use crate::engine::{Row, Tx, sql};
use crate::error::StoreError;

/// Bytes of files that one account may keep; those of earlier versions count, too.
const BYTES_OF_AN_ACCOUNT: u64 = 200_000_000;

impl Store {
    /// The files of one version of a campaign with their contents, by name; empty where the account has no such one.
    pub async fn campaign_attachments(
        &self,
        account: AccountId,
        campaign: CampaignId,
        version: u32,
    ) -> Result<Vec<Attachment>, StoreError> {
        self.read(move |tx, _| {
            Box::pin(async move {
                let rows = tx
                    .rows(
                        sql!(
                            "SELECT campaign_attachment.name, attachment.content FROM campaign_attachment JOIN attachment
                             ON attachment.account_id = campaign_attachment.account_id
                             AND attachment.digest = campaign_attachment.digest
                             WHERE campaign_id = $1 AND version = $2 AND campaign_attachment.account_id = $3
                             ORDER BY place"
                        ),
                        &[campaign.into(), version.into(), account.into()],
                    )
                    .await?;
                let attached = |row: &Row| {
                    let name = name(row, 0)?;
                    Attachment::new(name, row.blob(1)?.to_vec())
                        .map_err(|_| StoreError::unexpected("a kept file that could not be attached"))
                };
                rows.iter().map(attached).collect()
            })
        })
        .await
    }
}

/// The files without their contents, in the order of their names.
pub(crate) fn files(attachments: &[Attachment]) -> Vec<AttachedFile> {
    let mut files: Vec<AttachedFile> = attachments.iter().map(|attachment| attachment.file().clone()).collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}

/// Keeps a new version's files; a content that the account has already is not kept twice.
pub(crate) async fn keep(
    tx: &mut Tx,
    account: AccountId,
    version: (CampaignId, u32),
    attachments: &[Attachment],
) -> Result<(), StoreError> {
    let (campaign, version) = version;
    let mut sorted: Vec<&Attachment> = attachments.iter().collect();
    sorted.sort_by(|one, other| one.file().name.cmp(&other.file().name));
    for (place, attachment) in (0_i64..).zip(sorted) {
        let AttachedFile { name, bytes, digest } = attachment.file();
        let size = i64::try_from(*bytes).map_err(|_| StoreError::unexpected("a file of impossible size"))?;
        tx.run(
            sql!(
                "INSERT INTO attachment (account_id, digest, size, content) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (account_id, digest) DO NOTHING"
            ),
            &[account.into(), digest.0.to_vec().into(), size.into(), attachment.content().to_vec().into()],
        )
        .await?;
        tx.run(
            sql!(
                "INSERT INTO campaign_attachment (campaign_id, version, place, account_id, name, digest, size)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)"
            ),
            &[
                campaign.into(),
                version.into(),
                place.into(),
                account.into(),
                name.as_str().to_owned().into(),
                digest.0.to_vec().into(),
                size.into(),
            ],
        )
        .await?;
    }
    if attachments.is_empty() { Ok(()) } else { within_the_limit(tx, account).await }
}

async fn within_the_limit(tx: &mut Tx, account: AccountId) -> Result<(), StoreError> {
    let row = tx
        .row(
            sql!("SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM attachment WHERE account_id = $1"),
            &[account.into()],
        )
        .await?;
    let kept = row.map_or(Ok(0), |row| row.int(0))?;
    if u64::try_from(kept).unwrap_or(u64::MAX) > BYTES_OF_AN_ACCOUNT {
        let most = BYTES_OF_AN_ACCOUNT / 1_000_000;
        return Err(StoreError::Conflict(format!(
            "an account keeps at most {most} MB of files for its campaigns, and this would be more; attach smaller ones"
        )));
    }
    Ok(())
}

/// The files of one version, by name.
pub(crate) async fn of_version(tx: &mut Tx, version: (CampaignId, u32)) -> Result<Vec<AttachedFile>, StoreError> {
    let (campaign, version) = version;
    let rows = tx
        .rows(
            sql!(
                "SELECT name, digest, size FROM campaign_attachment WHERE campaign_id = $1 AND version = $2 ORDER BY place"
            ),
            &[campaign.into(), version.into()],
        )
        .await?;
    rows.iter().map(|row| file(row, 0)).collect()
}

/// The files of an account's campaigns in their newest versions, by campaign.
pub(crate) async fn of_account(
    tx: &mut Tx,
    account: AccountId,
) -> Result<HashMap<CampaignId, Vec<AttachedFile>>, StoreError> {
    let rows = tx
        .rows(
            sql!(
                "SELECT campaign.id, campaign_attachment.name, campaign_attachment.digest, campaign_attachment.size
                 FROM campaign JOIN campaign_attachment ON campaign_attachment.campaign_id = campaign.id
                 AND campaign_attachment.version = campaign.version
                 WHERE campaign.account_id = $1 ORDER BY campaign.id, campaign_attachment.place"
            ),
            &[account.into()],
        )
        .await?;
    let mut attached: HashMap<CampaignId, Vec<AttachedFile>> = HashMap::new();
    for row in &rows {
        attached.entry(CampaignId::from_bytes(row.bytes(0)?)).or_default().push(file(row, 1)?);
    }
    Ok(attached)
}

/// A file from its name, digest and size, the first of them at this place.
fn file(row: &Row, at: usize) -> Result<AttachedFile, StoreError> {
    let bytes = u64::try_from(row.int(at + 2)?).map_err(|_| StoreError::unexpected("a file of impossible size"))?;
    Ok(AttachedFile { name: name(row, at)?, digest: AttachmentDigest(row.bytes(at + 1)?), bytes })
}

fn name(row: &Row, at: usize) -> Result<model::AttachmentName, StoreError> {
    row.text(at)?.parse().map_err(|_| StoreError::unexpected("a kept file without a possible name"))
}
