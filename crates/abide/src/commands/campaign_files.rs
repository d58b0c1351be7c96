//! The files that go with a campaign's letters: read where they lie beside the campaign file, and written out beside it
//! again. A name never leads out of that folder, and no more of a file is read than may be attached.

use std::io::{Read, Write};
use std::path::Path;

use campaign::Campaign;
use model::attachment::LARGEST_ATTACHMENT;
use model::{AttachedFile, Attachment, AttachmentName};
use serde_json::{Value, json};

/// The files beside a campaign file that its letters name. One that is not there is left out: the campaign's own check
/// tells it with its place.
///
/// # Errors
/// A sentence for each file that can't be read or can't be attached.
pub fn beside(path: &Path, text: &str) -> Result<Vec<Attachment>, Vec<String>> {
    let Ok(campaign) = Campaign::parse(text) else { return Ok(Vec::new()) };
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let (mut attached, mut faults) = (Vec::new(), Vec::new());
    for name in campaign.attachments() {
        match read(&folder.join(name.as_str()), name) {
            Ok(Some(attachment)) => attached.push(attachment),
            Ok(None) => {}
            Err(fault) => faults.push(format!("{name}: {fault}")),
        }
    }
    if faults.is_empty() { Ok(attached) } else { Err(faults) }
}

fn read(path: &Path, name: &AttachmentName) -> Result<Option<Attachment>, String> {
    let unreadable = |error: std::io::Error| format!("it can't be read: {error}");
    // A pipe or a device would be waited for without end.
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err("it is no file".to_owned()),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    }
    let mut content = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(LARGEST_ATTACHMENT + 1).read_to_end(&mut content).map_err(unreadable)?;
    Attachment::new(name.clone(), content).map(Some).map_err(|unfit| unfit.to_string())
}

/// Whether the file says that now; one that says something else is left alone.
pub fn keep(path: &Path, content: &[u8]) -> std::io::Result<bool> {
    match std::fs::OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => {
            file.write_all(content)?;
            file.sync_all()?;
            Ok(true)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(std::fs::read(path)? == content),
        Err(error) => Err(error),
    }
}

/// The files as objects.
pub fn objects(files: &[AttachedFile]) -> Value {
    files
        .iter()
        .map(|file| json!({ "name": file.name.as_str(), "bytes": file.bytes, "sha256": file.digest.to_string() }))
        .collect()
}

/// What two versions do not have in common, a line each.
pub fn told_apart(old: &[AttachedFile], new: &[AttachedFile]) -> Vec<String> {
    let among = |files: &[AttachedFile], name: &AttachmentName| files.iter().find(|file| file.name == *name).cloned();
    let mut lines = Vec::new();
    for file in old {
        match among(new, &file.name) {
            None => lines.push(format!("-attached: {}, {}", file.name, file.size())),
            Some(now) if now.digest != file.digest => {
                lines.push(format!("-attached: {}, {}", file.name, file.size()));
                lines.push(format!("+attached: {}, {} (another content)", now.name, now.size()));
            }
            Some(_) => {}
        }
    }
    let added = new.iter().filter(|file| among(old, &file.name).is_none());
    lines.extend(added.map(|file| format!("+attached: {}, {}", file.name, file.size())));
    lines
}
