//! Folders that are watched by IMAP, as people set them. Names and secrets are sealed; the ledger says that a folder
//! was set and by whom, never what stands in it.

use model::ledger::LedgerKind;
use model::mail_folder::{FolderCursor, FolderName, FolderProof, FolderStatus, MailFolder};
use model::member::Actor;
use model::sender::{Secret, Security};
use model::{AccountId, Clock, Marketplace, Way};
use serde_json::json;

use crate::engine::{Row, Tx, Value, sql};
use crate::error::StoreError;
use crate::feed_breaks;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::mail_folder_watch::mend_feed;
use crate::senders::server_of;
use crate::{Store, accounts, self_tests};

const USER: &str = "mail folder user";
const PASSWORD: &str = "mail folder password";
const TOKEN_FILE: &str = "mail folder token file";
const FOLDER: &str = "mail folder name";
const MOVE_TO: &str = "mail folder move to";

/// The store's column: the empty text stands for the whole account.
pub(crate) fn column(store: Option<Marketplace>) -> &'static str {
    store.map_or("", Marketplace::as_str)
}

impl Store {
    /// Sets the folder that is watched for an account, or for one store of it. Where server, user and folder stay,
    /// reading goes on where it was; elsewhere it begins anew.
    pub async fn set_mail_folder(
        &self,
        account: AccountId,
        store: Option<Marketplace>,
        folder: MailFolder,
        by: Actor,
        clock: Clock,
    ) -> Result<(), StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may set a mail folder"));
                }
                // The file is read on this machine and shown to the server: which one that is, is the operator's to say.
                if matches!(folder.proof, FolderProof::TokenFile(_)) && by != Actor::Operator {
                    return Err(StoreError::NotAllowed("only the operator may name a file of this machine"));
                }
                if let Some(store) = store {
                    accounts::seller_in(tx, account, store).await?;
                }
                let before = folder_in(tx, keys, account, store).await?;
                let same = before.filter(|(before, _)| {
                    before.server.host() == folder.server.host()
                        && before.user == folder.user
                        && before.folder == folder.folder
                });
                let (cursor, read_at) = same.map_or((None, None), |(_, status)| (status.cursor, status.read_at));
                let version: [u8; 16] = crate::random::bytes()?;
                let seal = |purpose, text: &str| keys.seal(account, purpose, text.as_bytes());
                let (password, token) = match &folder.proof {
                    FolderProof::Password(password) => (Some(seal(PASSWORD, password.reveal())?), None),
                    FolderProof::TokenFile(file) => {
                        let file = file.to_str().ok_or_else(|| StoreError::unexpected("the file's name is no text"))?;
                        (None, Some(seal(TOKEN_FILE, file)?))
                    }
                };
                let values: [Value; 17] = [
                    account.into(),
                    column(store).into(),
                    folder.server.host().into(),
                    u32::from(folder.server.port()).into(),
                    folder.server.security().as_str().into(),
                    seal(USER, &folder.user)?.into(),
                    password.into(),
                    token.into(),
                    seal(FOLDER, folder.folder.as_str())?.into(),
                    folder.move_to.as_ref().map(|name| seal(MOVE_TO, name.as_str())).transpose()?.into(),
                    folder.start.as_str().into(),
                    clock.real.into(),
                    version.into(),
                    cursor.map(|cursor| cursor.validity).into(),
                    cursor.map(|cursor| cursor.uid).into(),
                    read_at.into(),
                    folder.server.is_only_public().into(),
                ];
                // The lease stays: whoever watches sees the new version when he next holds it, and lets go.
                tx.run(
                    sql!(
                        "INSERT INTO mail_folder (account_id, store, host, port, security, user_sealed, password_sealed,
                         token_file_sealed, folder_sealed, move_to_sealed, start, changed_at, version, validity, uid,
                         read_at, only_public, failures, next_try, broke_feed, lease_until)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, 0, 0, 0)
                         ON CONFLICT (account_id, store) DO UPDATE SET host = excluded.host, port = excluded.port,
                         security = excluded.security, user_sealed = excluded.user_sealed,
                         password_sealed = excluded.password_sealed, token_file_sealed = excluded.token_file_sealed,
                         folder_sealed = excluded.folder_sealed, move_to_sealed = excluded.move_to_sealed,
                         start = excluded.start, changed_at = excluded.changed_at, version = excluded.version,
                         validity = excluded.validity, uid = excluded.uid, failures = 0, next_try = 0, trouble = NULL,
                         trouble_since = NULL, read_at = excluded.read_at, only_public = excluded.only_public"
                    ),
                    &values,
                )
                .await?;
                mend_feed(tx, keys, &mut ledger, (account, store), clock).await?;
                let said = json!({ "mail_folder": "set", "store": store, "server": folder.server.to_string(),
                    "moves": folder.move_to.is_some(), "by": by.to_string() });
                ledger.append(tx, keys, clock, LedgerKind::SettingChanged, &said).await?;
                Ok(())
            })
        })
        .await
    }

    /// Watches a folder no more; the mailbox is left as it is. Whether there was one.
    pub async fn remove_mail_folder(
        &self,
        account: AccountId,
        store: Option<Marketplace>,
        by: Actor,
        clock: Clock,
    ) -> Result<bool, StoreError> {
        self.write(move |tx, keys| {
            Box::pin(async move {
                let mut ledger = Ledger::lock(tx, account).await?;
                if !by.may_configure() {
                    return Err(StoreError::NotAllowed("only an owner or a manager may remove a mail folder"));
                }
                mend_feed(tx, keys, &mut ledger, (account, store), clock).await?;
                let removed = tx
                    .run(
                        sql!("DELETE FROM mail_folder WHERE account_id = $1 AND store = $2"),
                        &[account.into(), column(store).into()],
                    )
                    .await?;
                if removed > 0 {
                    let way = (account, Way::Folder(store));
                    self_tests::way_ended(tx, keys, &mut ledger, way, clock).await?;
                    feed_breaks::ways_changed(tx, keys, &mut ledger, account, clock).await?;
                    let said = json!({ "mail_folder": "removed", "store": store, "by": by.to_string() });
                    ledger.append(tx, keys, clock, LedgerKind::SettingChanged, &said).await?;
                }
                Ok(removed > 0)
            })
        })
        .await
    }

    /// All folders of an account, the whole account's first: each with its store, and how it fares.
    pub async fn mail_folders(
        &self,
        account: AccountId,
    ) -> Result<Vec<(Option<Marketplace>, MailFolder, FolderStatus)>, StoreError> {
        self.read(move |tx, keys| {
            Box::pin(async move {
                let set = sql!("SELECT store FROM mail_folder WHERE account_id = $1 ORDER BY store");
                let mut found = Vec::new();
                for row in tx.rows(set, &[account.into()]).await? {
                    let store = store_of(row.text(0)?)?;
                    if let Some((folder, status)) = folder_in(tx, keys, account, store).await? {
                        found.push((store, folder, status));
                    }
                }
                Ok(found)
            })
        })
        .await
    }

    /// The folder that is watched there and how it fares; none where none was set.
    pub async fn mail_folder(
        &self,
        account: AccountId,
        store: Option<Marketplace>,
    ) -> Result<Option<(MailFolder, FolderStatus)>, StoreError> {
        self.read(move |tx, keys| Box::pin(folder_in(tx, keys, account, store))).await
    }
}

/// The store in its column.
pub(crate) fn store_of(place: &str) -> Result<Option<Marketplace>, StoreError> {
    if place.is_empty() {
        return Ok(None);
    }
    place.parse().map(Some).map_err(|_| StoreError::unexpected("a folder's store is none"))
}

async fn folder_in(
    tx: &mut Tx,
    keys: &Keys,
    account: AccountId,
    store: Option<Marketplace>,
) -> Result<Option<(MailFolder, FolderStatus)>, StoreError> {
    let row = tx
        .row(
            sql!(
                "SELECT host, port, security, user_sealed, password_sealed, token_file_sealed, folder_sealed,
                 move_to_sealed, start, only_public, validity, uid, read_at, last_mail_at, last_notice_at, trouble,
                 trouble_since, next_try FROM mail_folder WHERE account_id = $1 AND store = $2"
            ),
            &[account.into(), column(store).into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let trouble = match (row.opt_word(15)?, row.opt_time(16)?) {
        (Some(trouble), Some(since)) => Some((trouble, since)),
        _ => None,
    };
    let status = FolderStatus {
        cursor: cursor_of(&row, 10)?,
        read_at: row.opt_time(12)?,
        last_mail_at: row.opt_time(13)?,
        last_notice_at: row.opt_time(14)?,
        trouble,
        next_try: Some(row.time(17)?).filter(|_| trouble.is_some()),
    };
    Ok(Some((opened(keys, account, &row)?, status)))
}

/// The cursor in two columns.
pub(crate) fn cursor_of(row: &Row, first: usize) -> Result<Option<FolderCursor>, StoreError> {
    let number = |place| -> Result<Option<u32>, StoreError> {
        let number = row.opt_int(place)?.map(u32::try_from).transpose();
        number.map_err(|_| StoreError::unexpected("a folder's cursor is out of range"))
    };
    Ok(match (number(first)?, number(first + 1)?) {
        (Some(validity), Some(uid)) => Some(FolderCursor { validity, uid }),
        _ => None,
    })
}

/// The folder in the ten columns from `host` to `start` and `only_public`.
pub(crate) fn opened(keys: &Keys, account: AccountId, row: &Row) -> Result<MailFolder, StoreError> {
    let open = |purpose, place| row.opt_blob(place)?.map(|sealed| keys.open_text(account, purpose, sealed)).transpose();
    let name = |purpose, place| -> Result<Option<FolderName>, StoreError> {
        let text: Option<String> = open(purpose, place)?;
        text.map(|text| text.parse().map_err(|_| StoreError::Sealed(purpose))).transpose()
    };
    let security: Security = row.word(2)?;
    let port = u16::try_from(row.int(1)?).map_err(|_| StoreError::unexpected("a folder's port is out of range"))?;
    let server = server_of(row.text(0)?, port, security, row.flag(9)?)?;
    let proof = match (open(PASSWORD, 4)?, open(TOKEN_FILE, 5)?) {
        (Some(password), _) => FolderProof::Password(Secret::new(password)),
        (None, Some(file)) => FolderProof::TokenFile(file.into()),
        (None, None) => return Err(StoreError::Sealed(PASSWORD)),
    };
    Ok(MailFolder {
        server,
        user: keys.open_text(account, USER, row.blob(3)?)?,
        proof,
        folder: name(FOLDER, 6)?.ok_or(StoreError::Sealed(FOLDER))?,
        move_to: name(MOVE_TO, 7)?,
        start: row.word(8)?,
    })
}
