//! Everything of an account in one ZIP file, in formats that any program opens: CSV, JSON, campaign files, mails.
//!
//! It is read in pages by the account's own indexes and written as it is read, so memory holds one page and work goes on
//! meanwhile: files may be some moments apart. Passwords, tokens and secret addresses are in none of them, and what was
//! purged (law 8) is not there. That somebody took it stands in the ledger before the first byte leaves.

mod archive;
mod settings;
mod sheets;

use model::csv;
use model::ledger::{Head, LedgerKind};
use model::member::Actor;
use model::suppression::SuppressionRow;
use model::{Account, CampaignId, Clock, MailId, Timestamp};
use serde_json::json;
use tokio::sync::mpsc;

use crate::engine::{Row, Value, sql};
use crate::error::StoreError;
use crate::inbound_kept::open_raw;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::{Store, SuppressionFilter};

use archive::Archive;
use sheets::{Cell, SHEETS, Sheet};

/// Rows read at a time.
const ROWS: u32 = 500;
/// Rows that may be whole mails, texts or files.
const LARGE_ROWS: u32 = 4;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Files in the archive.
    pub files: u64,
    /// Bytes of the archive.
    pub bytes: u64,
}

impl Store {
    /// Writes all that the account holds into `out` as a ZIP file; whoever reads it writes it where it belongs. Only an
    /// owner and the operator may. Where it ends with an error, what went out is no whole archive and says so to any
    /// program that opens it.
    pub async fn export_account(
        &self,
        account: &Account,
        by: Actor,
        now: Timestamp,
        out: mpsc::Sender<Vec<u8>>,
    ) -> Result<Exported, StoreError> {
        let head = self.note_export(account, by, now).await?;
        let mut archive = Archive::new(out, now);
        archive.file("README.txt", read_me(account, now, &head).as_bytes()).await?;
        let settings = self.settings_told(account).await?;
        archive.file("settings.json", settings.as_bytes()).await?;
        self.opt_outs(account, &mut archive).await?;
        let mut before_kept = None;
        for sheet in SHEETS {
            let place = self.sheet(account, sheet, &mut archive).await?;
            before_kept = place.or(before_kept);
        }
        self.campaign_files(account, &mut archive).await?;
        self.attachment_files(account, &mut archive).await?;
        if let Some(place) = before_kept {
            self.mail_files(account, place, &mut archive).await?;
        }
        self.ledger_file(account, &head, &mut archive).await?;
        archive.file("ledger-head.txt", format!("{head}\n").as_bytes()).await?;
        let (files, bytes) = archive.close().await?;
        Ok(Exported { files, bytes })
    }

    /// The entry that says who took it, and the head from there.
    async fn note_export(&self, account: &Account, by: Actor, now: Timestamp) -> Result<Head, StoreError> {
        let id = account.id;
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, id).await?;
                if !by.may_manage_members() {
                    return Err(StoreError::NotAllowed("only an owner may export everything"));
                }
                let said = json!({ "by": by.to_string() });
                ledger.append(tx, keys, Clock::real(now), LedgerKind::Exported, &said).await?;
                Ok(())
            })
        })
        .await?;
        self.head_of(&account.handle).await
    }

    /// The list as the dashboard and the command line export it.
    async fn opt_outs(&self, account: &Account, archive: &mut Archive) -> Result<(), StoreError> {
        let mut file = archive.begin("opt-outs.csv")?;
        let mut text = String::new();
        csv::line(&mut text, SuppressionRow::COLUMNS);
        let mut before = None;
        loop {
            let page = self.suppressions(account.id, SuppressionFilter::All, before, ROWS).await?;
            for row in &page.rows {
                csv::line(&mut text, row.cells());
            }
            archive.write(&mut file, std::mem::take(&mut text).as_bytes()).await?;
            match page.next {
                Some(next) => before = Some(next),
                None => return archive.end(file).await,
            }
        }
    }

    /// One table; of the mails also the key before the first one that is still kept.
    async fn sheet(
        &self,
        account: &Account,
        sheet: &'static Sheet,
        archive: &mut Archive,
    ) -> Result<Option<Value>, StoreError> {
        let mut file = archive.begin(sheet.file)?;
        let mut text = String::new();
        csv::line(&mut text, sheet.columns.iter().map(|(name, _)| name));
        let mut key: Vec<Value> = sheet.key.iter().map(|start| start.value()).collect();
        let kept_at = sheet.columns.iter().position(|(name, _)| *name == "kept").map(|place| place + sheet.key.len());
        let mut before_kept = None;
        loop {
            let rows = self.page(account, sheet.page, ROWS, key.clone()).await?;
            for row in &rows {
                if before_kept.is_none() && kept_at.is_some_and(|place| row.0.get(place) == Some(&Value::Int(1))) {
                    before_kept = key.first().cloned();
                }
                key = row.0.iter().take(sheet.key.len()).cloned().collect();
                let cells = row.0.iter().skip(sheet.key.len()).zip(sheet.columns);
                let cells: Vec<String> = cells
                    .map(|(value, (_, cell))| told(&self.keys, account, *cell, value))
                    .collect::<Result<_, _>>()?;
                csv::line(&mut text, &cells);
            }
            archive.write(&mut file, std::mem::take(&mut text).as_bytes()).await?;
            if is_last(&rows, ROWS) {
                archive.end(file).await?;
                return Ok(before_kept);
            }
        }
    }

    /// Every version of every campaign, as `abide campaign add` takes it.
    async fn campaign_files(&self, account: &Account, archive: &mut Archive) -> Result<(), StoreError> {
        let page = sql!(
            "SELECT campaign.name, of.version, campaign.id, of.text
             FROM campaign JOIN campaign_version AS of ON of.campaign_id = campaign.id
             WHERE campaign.account_id = $1 AND campaign.name >= $3 AND (campaign.name, of.version) > ($3, $4)
             ORDER BY campaign.name, of.version LIMIT $2"
        );
        let mut key = vec![Value::Text(String::new()), Value::Int(i64::MIN)];
        loop {
            let rows = self.page(account, page, LARGE_ROWS, key.clone()).await?;
            for row in &rows {
                key = row.0.iter().take(2).cloned().collect();
                let (version, id) = (row.int(1)?, CampaignId::from_bytes(row.bytes(2)?));
                archive.file(&format!("campaigns/{id}/version-{version}.toml"), row.text(3)?.as_bytes()).await?;
            }
            if is_last(&rows, LARGE_ROWS) {
                return Ok(());
            }
        }
    }

    /// The files that campaigns attach, each once, by their SHA-256.
    async fn attachment_files(&self, account: &Account, archive: &mut Archive) -> Result<(), StoreError> {
        let page = sql!(
            "SELECT digest, content FROM attachment WHERE account_id = $1 AND digest > $3 ORDER BY digest LIMIT $2"
        );
        let mut key = vec![Value::Blob(Vec::new())];
        loop {
            let rows = self.page(account, page, LARGE_ROWS, key.clone()).await?;
            for row in &rows {
                key = row.0.iter().take(1).cloned().collect();
                let (digest, content) = (data_encoding::HEXLOWER.encode(row.blob(0)?), row.blob(1)?);
                archive.file(&format!("attachments/{digest}{}", ending_of(content)), content).await?;
            }
            if is_last(&rows, LARGE_ROWS) {
                return Ok(());
            }
        }
    }

    /// The mails that are still kept, as they came, from behind `place` on.
    async fn mail_files(&self, account: &Account, place: Value, archive: &mut Archive) -> Result<(), StoreError> {
        let page = sql!(
            "SELECT id, size, raw_sealed FROM inbound_mail WHERE account_id = $1 AND id > $3 ORDER BY id LIMIT $2"
        );
        let mut key = vec![place];
        loop {
            let rows = self.page(account, page, LARGE_ROWS, key.clone()).await?;
            for row in &rows {
                key = row.0.iter().take(1).cloned().collect();
                let Some(sealed) = row.opt_blob(2)? else { continue };
                let raw = open_raw(&self.keys, account.id, sealed, row.count(1)?)?;
                archive.file(&format!("mails/{}.eml", MailId::from_bytes(row.bytes(0)?)), &raw).await?;
            }
            if is_last(&rows, LARGE_ROWS) {
                return Ok(());
            }
        }
    }

    /// The ledger up to the head, a line for each entry.
    async fn ledger_file(&self, account: &Account, head: &Head, archive: &mut Archive) -> Result<(), StoreError> {
        let mut file = archive.begin("ledger.jsonl")?;
        let mut after = 0;
        loop {
            let lines = self.ledger_lines(account.id, after).await?;
            let Some((last, _)) = lines.last() else { return archive.end(file).await };
            after = *last;
            let within = |number: i64| u64::try_from(number).is_ok_and(|number| number <= head.number);
            for (_, line) in lines.iter().filter(|(number, _)| within(*number)) {
                archive.write(&mut file, line.as_bytes()).await?;
            }
            if !within(after.saturating_add(1)) {
                return archive.end(file).await;
            }
        }
    }

    async fn page(
        &self,
        account: &Account,
        page: crate::engine::Sql,
        limit: u32,
        key: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut values: Vec<Value> = vec![account.id.into(), limit.into()];
        values.extend(key);
        self.read(move |tx, _| Box::pin(async move { tx.rows(page, &values).await })).await
    }
}

fn is_last(rows: &[Row], limit: u32) -> bool {
    rows.len() < usize::try_from(limit).unwrap_or(usize::MAX)
}

/// A value as a cell.
fn told(keys: &Keys, account: &Account, cell: Cell, value: &Value) -> Result<String, StoreError> {
    Ok(match (cell, value) {
        (_, Value::Null) => String::new(),
        (Cell::Time, Value::Int(micros)) => Timestamp::from_micros(*micros).to_string(),
        (Cell::Flag, Value::Int(flag)) => if *flag == 0 { "no" } else { "yes" }.to_owned(),
        (Cell::Plain, Value::Int(number)) => number.to_string(),
        (Cell::Plain, Value::Text(text)) => text.clone(),
        (Cell::Bytes, Value::Blob(bytes)) => data_encoding::HEXLOWER.encode(bytes),
        (Cell::Id, Value::Blob(bytes)) => {
            let bytes = bytes.as_slice().try_into().map_err(|_| StoreError::unexpected("an id of another length"))?;
            MailId::from_bytes(bytes).to_string()
        }
        (Cell::Sealed(purpose), Value::Blob(sealed)) => keys.open_text(account.id, purpose, sealed)?,
        (Cell::Email, Value::Blob(sealed)) => keys.open_text(crate::alerts::INSTALLATION, "member email", sealed)?,
        _ => return Err(StoreError::unexpected("a column of another type than the export expects")),
    })
}

/// The ending of a file's name, by its first bytes: those that messages may carry.
fn ending_of(content: &[u8]) -> &'static str {
    match content {
        [b'%', b'P', b'D', b'F', ..] => ".pdf",
        [0x89, b'P', b'N', b'G', ..] => ".png",
        [0xff, 0xd8, 0xff, ..] => ".jpg",
        _ => "",
    }
}

/// What tells of all the files.
fn read_me(account: &Account, now: Timestamp, head: &Head) -> String {
    let mut text = format!(
        "Everything that Abide holds of the account {}, as of {now}.\n\
         It was read while work went on, so files may be some moments apart. Times are UTC.\n\n\
         settings.json  stores, settings, senders, watched folders and ways in\n\
         opt-outs.csv  the suppression list, as its own export gives it; abide suppression import takes it\n",
        account.handle
    );
    for sheet in SHEETS {
        text.extend([sheet.file, "  ", sheet.about, "\n"]);
    }
    let rest = format!(
        "campaigns/ID/version-N.toml  every version of every campaign, as abide campaign add takes it\n\
         attachments/  files that campaigns send, named by their SHA-256; campaign-attachments.csv says which is whose\n\
         mails/ID.eml  mails that are still kept, as they came\n\
         ledger.jsonl  the ledger, a line for each entry: its salt and payload, their digest (SHA-256), and the code that\n\
         \u{20}             binds it to the entry before it, which only this installation's keys can check\n\
         ledger-head.txt  its head; abide ledger verify --account {} --head H finds it again\n\n\
         What is missing:\n\
         - Passwords, tokens, keys and the inbound addresses, which are secrets, and members' sign-ins.\n\
         - Aliases, names, texts and mails whose time was over: they are erased within 30 days after delivery. Where a cell\n\
         \u{20} is empty that could hold one, it was erased or never known. Opt-outs work on without them.\n\
         - What Abide keeps for minutes alone: leases, pauses, uploads that nobody imported.\n\n\
         The ledger's head: {head}\n\
         In CSV files a cell that a spreadsheet would run as a formula begins with an apostrophe.\n",
        account.handle
    );
    text + &rest
}
