//! The installation's keys, in files of mode 0600 outside the database, and what is made with them: sealed
//! values, look-up hashes and the ledger's codes. No key, alias or name ever leaves this room in clear.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, AeadInPlace, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER_PERMISSIVE;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use model::{AccountId, Alias, CampaignId, OrderId};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::StoreError;

type HmacSha256 = Hmac<Sha256>;
type Key = Zeroizing<[u8; 32]>;

/// Version byte, key id, nonce: what stands before the sealed bytes.
const HEADER: usize = 1 + 4 + 24;
/// The code behind the sealed bytes.
const TAG: usize = 16;
const FORMAT: u8 = 1;
const LOOK_UP_FILE: &str = "look-up.key";

/// The keys of one installation.
pub struct Keys {
    directory: PathBuf,
    /// Newest last: new values are sealed with it.
    sealing: Vec<(u32, Key)>,
    look_up: Key,
    ledger: Key,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// The keyed hash of an alias within an account: what stands for a buyer everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BuyerHash(pub [u8; 32]);

impl From<BuyerHash> for crate::engine::Value {
    fn from(hash: BuyerHash) -> Self {
        Self::Blob(hash.0.to_vec())
    }
}

impl Keys {
    /// Reads the keys; `None` where the directory has none at all.
    pub fn read(directory: &Path) -> Result<Option<Self>, StoreError> {
        let mut sealing = Vec::new();
        let look_up_file = directory.join(LOOK_UP_FILE);
        let listing = match fs::read_dir(directory) {
            Ok(listing) => listing,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(directory, &error)),
        };
        for entry in listing {
            let path = entry.map_err(|error| unreadable(directory, &error))?.path();
            if let Some(id) = sealing_key_id(&path) {
                sealing.push((id, read_key(&path)?));
            }
        }
        sealing.sort_by_key(|(id, _)| *id);
        match (sealing.is_empty(), look_up_file.exists()) {
            (true, false) => Ok(None),
            (false, true) => Ok(Some(Self::of(directory, sealing, read_key(&look_up_file)?)?)),
            _ => Err(StoreError::Keys(format!(
                "{} has only some of its keys; restore all of them from their backup",
                directory.display()
            ))),
        }
    }

    /// Makes new keys. Never over existing ones.
    pub fn create(directory: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(directory).map_err(|error| unwritable(directory, &error))?;
        restrict(directory, 0o700)?;
        let sealing = new_key()?;
        let look_up = new_key()?;
        write_key(&directory.join("sealing-1.key"), &sealing)?;
        write_key(&directory.join(LOOK_UP_FILE), &look_up)?;
        sync_directory(directory)?;
        Self::of(directory, vec![(1, sealing)], look_up)
    }

    fn of(directory: &Path, sealing: Vec<(u32, Key)>, look_up: Key) -> Result<Self, StoreError> {
        let mut ledger = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, look_up.as_ref())
            .expand(b"abide ledger 1", ledger.as_mut())
            .map_err(|_| StoreError::unexpected("the ledger's key can't be derived"))?;
        Ok(Self { directory: directory.to_owned(), sealing, look_up, ledger })
    }

    /// Where the files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Names and values by which a database recognises its keys.
    pub(crate) fn check_values(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut values = vec![("look_up_check".to_owned(), check_value(&self.look_up)?)];
        for (id, key) in &self.sealing {
            values.push((format!("sealing_check_{id}"), check_value(key)?));
        }
        Ok(values)
    }

    /// The hash by which a buyer is known: HMAC(look-up key, account ‖ canonical alias). Frozen.
    pub fn buyer(&self, account: AccountId, alias: &Alias) -> Result<BuyerHash, StoreError> {
        Ok(BuyerHash(mac(&self.look_up, &[b"buyer", account.as_bytes(), alias.as_str().as_bytes()])?))
    }

    /// A keyed hash of anything else that is looked up, apart from all others by its label.
    pub fn hash(&self, label: &'static str, parts: &[&[u8]]) -> Result<[u8; 32], StoreError> {
        let mut all: Vec<&[u8]> = vec![label.as_bytes()];
        all.extend_from_slice(parts);
        mac(&self.look_up, &all)
    }

    /// The code of a ledger entry.
    pub(crate) fn ledger_mac(&self, parts: &[&[u8]]) -> Result<[u8; 32], StoreError> {
        mac(&self.ledger, parts)
    }

    /// Seals bytes for one account and one purpose; only `open` with the same two gives them back.
    pub fn seal(&self, account: AccountId, purpose: &'static str, clear: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (id, key) = self.sealing.last().ok_or(StoreError::Sealed(purpose))?;
        let nonce: [u8; 24] = crate::random::bytes()?;
        let bound = bound_to(account, purpose);
        // Sealed where it will lie, since a mail may be 25 MB long.
        let mut out = Vec::with_capacity(HEADER + clear.len() + TAG);
        out.push(FORMAT);
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(clear);
        let body = out.get_mut(HEADER..).unwrap_or_default();
        let tag = XChaCha20Poly1305::new(key.as_ref().into())
            .encrypt_in_place_detached(XNonce::from_slice(&nonce), &bound, body)
            .map_err(|_| StoreError::Sealed(purpose))?;
        out.extend_from_slice(&tag);
        Ok(out)
    }

    /// Opens what `seal` made.
    pub fn open(&self, account: AccountId, purpose: &'static str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let closed = StoreError::Sealed(purpose);
        let (Some(header), Some(body)) = (sealed.get(..HEADER), sealed.get(HEADER..)) else { return Err(closed) };
        let (Some(id), Some(nonce)) = (header.get(1..5), header.get(5..HEADER)) else { return Err(closed) };
        let id = u32::from_be_bytes(id.try_into().map_err(|_| StoreError::Sealed(purpose))?);
        let Some((_, key)) = self.sealing.iter().find(|(known, _)| *known == id) else { return Err(closed) };
        if header.first() != Some(&FORMAT) {
            return Err(closed);
        }
        let bound = bound_to(account, purpose);
        XChaCha20Poly1305::new(key.as_ref().into())
            .decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: &bound })
            .map_err(|_| closed)
    }

    /// Opens a sealed text.
    pub fn open_text(&self, account: AccountId, purpose: &'static str, sealed: &[u8]) -> Result<String, StoreError> {
        String::from_utf8(self.open(account, purpose, sealed)?).map_err(|_| StoreError::Sealed(purpose))
    }

    /// Opens a sealed alias.
    pub(crate) fn open_alias(&self, account: AccountId, sealed: &[u8]) -> Result<Alias, StoreError> {
        self.open_text(account, "alias", sealed)?.parse().map_err(|_| StoreError::Sealed("alias"))
    }

    /// Seals a parcel's tracking number.
    pub(crate) fn seal_tracking(&self, account: AccountId, number: &str) -> Result<Vec<u8>, StoreError> {
        self.seal(account, "tracking", number.as_bytes())
    }

    /// Opens a parcel's tracking number.
    pub(crate) fn open_tracking(&self, account: AccountId, sealed: &[u8]) -> Result<String, StoreError> {
        let opened = self.open(account, "tracking", sealed)?;
        String::from_utf8(opened).map_err(|_| StoreError::unexpected("a tracking number is no text"))
    }

    /// Where an order falls in a campaign's split test: 0 to 9,999, the same on every node and for ever.
    pub fn split_place(&self, account: AccountId, campaign: CampaignId, order: OrderId) -> Result<u16, StoreError> {
        let hash = self.hash("split", &[account.as_bytes(), campaign.as_bytes(), order.as_str().as_bytes()])?;
        let [one, two, three, four, ..] = hash;
        Ok(u16::try_from(u32::from_be_bytes([one, two, three, four]) % 10_000).unwrap_or(0))
    }

    /// Seals an alias.
    pub(crate) fn seal_alias(&self, account: AccountId, alias: &Alias) -> Result<Vec<u8>, StoreError> {
        self.seal(account, "alias", alias.as_str().as_bytes())
    }
}

fn bound_to(account: AccountId, purpose: &'static str) -> Vec<u8> {
    [account.as_bytes().as_slice(), purpose.as_bytes()].concat()
}

/// HMAC-SHA-256 over parts, each with its length before it, so that no two lists of parts are alike.
fn mac(key: &Key, parts: &[&[u8]]) -> Result<[u8; 32], StoreError> {
    let mut mac = <HmacSha256 as Mac>::new_from_slice(key.as_ref())
        .map_err(|_| StoreError::unexpected("a key of the wrong length"))?;
    for part in parts {
        let length = u64::try_from(part.len()).map_err(|_| StoreError::unexpected("a part too long to hash"))?;
        mac.update(&length.to_be_bytes());
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

fn check_value(key: &Key) -> Result<String, StoreError> {
    Ok(data_encoding::HEXLOWER.encode(&mac(key, &[b"abide check value"])?))
}

fn new_key() -> Result<Key, StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    crate::random::fill(key.as_mut())?;
    Ok(key)
}

fn sealing_key_id(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_prefix("sealing-")?.strip_suffix(".key")?.parse().ok()
}

fn read_key(path: &Path) -> Result<Key, StoreError> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| unreadable(path, &error))?);
    let damaged = || StoreError::Keys(format!("{} is no key; restore it from its backup", path.display()));
    let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| damaged())?);
    let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| damaged())?;
    Ok(Zeroizing::new(key))
}

fn write_key(path: &Path, key: &Key) -> Result<(), StoreError> {
    let text = Zeroizing::new(data_encoding::HEXLOWER.encode(key.as_ref()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| unwritable(path, &error))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .map_err(|error| unwritable(path, &error))
}

fn restrict(path: &Path, mode: u32) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|error| unwritable(path, &error))?;
    }
    Ok(())
}

fn sync_directory(path: &Path) -> Result<(), StoreError> {
    fs::File::open(path).and_then(|directory| directory.sync_all()).map_err(|error| unwritable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Keys(format!("{} can't be read ({error})", path.display()))
}

fn unwritable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Keys(format!("{} can't be written ({error})", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed() -> Keys {
        let key = |byte| Zeroizing::new([byte; 32]);
        Keys::of(Path::new("."), vec![(1, key(1))], key(2)).unwrap()
    }

    /// Frozen, and computed once by another implementation: another value here would orphan the opt-outs of every installation.
    #[test]
    fn the_look_up_hash_is_frozen() {
        let account = AccountId::from_bytes([7; 16]);
        let alias: Alias = "ABC12def34ghi56@marketplace.amazon.com".parse().unwrap();
        let hash = data_encoding::HEXLOWER.encode(&fixed().buyer(account, &alias).unwrap().0);
        assert_eq!(hash, "aaef5512bee8263edc550c05910414e7776fc17079fc0b430e6967ba63dff405");
    }

    #[test]
    fn a_sealed_value_opens_only_for_its_account_and_purpose() {
        let (keys, account) = (fixed(), AccountId::generate());
        let sealed = keys.seal(account, "note", b"said no by phone").unwrap();
        assert_eq!(keys.open(account, "note", &sealed).unwrap(), b"said no by phone");
        assert!(keys.open(account, "alias", &sealed).is_err());
        assert!(keys.open(AccountId::generate(), "note", &sealed).is_err());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(keys.open(account, "note", &changed).is_err(), "byte {place}");
        }
        assert!(keys.open(account, "note", &sealed[..20]).is_err());
    }

    #[test]
    fn keys_are_made_once_and_readable_by_their_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        assert!(Keys::read(&path).unwrap().is_none());
        let made = Keys::create(&path).unwrap().check_values().unwrap();
        assert_eq!(Keys::read(&path).unwrap().unwrap().check_values().unwrap(), made);
        assert!(Keys::create(&path).is_err(), "keys are never made over others");
        #[cfg(unix)]
        for file in fs::read_dir(&path).unwrap() {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_file(path.join(LOOK_UP_FILE)).unwrap();
        assert!(Keys::read(&path).is_err(), "half a set of keys is not taken for none");
    }
}
