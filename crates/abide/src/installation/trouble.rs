//! What is wrong with a folder or file in which SQLite can't work: whose it is, whether the disk is full or
//! mounted read-only. SQLite says little, so it is tried out.

use std::fs::{self, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::exit::Failure;

/// Bytes that are written to see whether there is room: more than a file's last block holds.
const TRIED: usize = 64 * 1024;

/// Looks why the database can't be used; none where folder and files are as they should be.
pub fn of_storage(folder: &Path, database: &Path) -> Option<Failure> {
    let place = database.parent().filter(|place| !place.as_os_str().is_empty()).unwrap_or(folder);
    if let Err(error) = try_writing(place) {
        return sentence(place, "the folder", &error);
    }
    for suffix in ["", "-wal", "-shm"] {
        let file = super::beside(database, suffix);
        if let Err(error) = OpenOptions::new().read(true).write(true).open(&file)
            && let Some(failure) = sentence(&file, "the database", &error)
        {
            return Some(failure);
        }
    }
    None
}

fn try_writing(folder: &Path) -> Result<(), Error> {
    let file = folder.join(format!(".abide-{}.try", std::process::id()));
    let tried = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)
        .and_then(|mut open| open.write_all(&vec![0; TRIED]).and_then(|()| open.sync_all()));
    // Not there where it could not be made.
    let _ = fs::remove_file(&file);
    tried
}

/// The sentence for an error at that path, where there is something to be done about it.
pub fn sentence(path: &Path, what: &str, error: &Error) -> Option<Failure> {
    let shown = path.display();
    Some(Failure::could_not_run(match error.kind() {
        ErrorKind::PermissionDenied => {
            format!("{what} {shown} can't be written: {}", whose(path))
        }
        ErrorKind::ReadOnlyFilesystem => {
            format!(
                "{what} {shown} is on a disk that is mounted read-only; mount it for writing, or name another with --data"
            )
        }
        ErrorKind::StorageFull => format!("the disk with {shown} is full; free some space, nothing was lost"),
        ErrorKind::QuotaExceeded => {
            format!("this user's share of the disk with {shown} is used up; free some space, nothing was lost")
        }
        _ => return None,
    }))
}

/// To whom it belongs, or the folder above it where it is not there yet.
fn whose(path: &Path) -> String {
    let nearest = path.ancestors().find_map(|place| Some((place, fs::metadata(place).ok()?)));
    // Linux tells by this file who runs the program; elsewhere only the owner is named.
    let me = fs::metadata("/proc/self").map(|known| known.uid()).ok();
    match (nearest, me) {
        (Some((place, known)), Some(me)) if known.uid() != me => format!(
            "{} belongs to the user with number {}, and this program runs as number {me}; run it as that user, or give \
             it to this one: chown -R {me} {}",
            place.display(),
            known.uid(),
            place.display()
        ),
        (Some((place, _)), _) => {
            format!("there is no right to do so; look at the rights of {} and grant it: chmod u+w", place.display())
        }
        (None, _) => "there is no right to do so; name another with --data".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_that_somebody_can_end_is_named_with_its_place_and_what_to_do() {
        let place = Path::new("/");
        for (kind, words) in [
            (ErrorKind::PermissionDenied, "can't be written"),
            (ErrorKind::ReadOnlyFilesystem, "mounted read-only; mount it"),
            (ErrorKind::StorageFull, "the disk with / is full; free some space"),
            (ErrorKind::QuotaExceeded, "is used up; free some space"),
        ] {
            let failure = sentence(place, "the folder", &Error::from(kind)).unwrap();
            assert_eq!(failure.code(), 3);
            assert!(failure.sentence().unwrap().contains(words), "{failure:?}");
        }
        assert!(sentence(place, "the folder", &Error::from(ErrorKind::Other)).is_none());
    }

    #[test]
    fn a_folder_in_which_all_is_well_is_not_blamed_and_stays_clean() {
        let folder = tempfile::tempdir().unwrap();
        assert!(of_storage(folder.path(), &folder.path().join("abide.db")).is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
