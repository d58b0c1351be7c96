//! Trying a folder out: connect, sign in, open it read-only, and nothing else.

use connection::TrustedRoots;
use model::mail_folder::{FolderTrouble, MailFolder};

use super::watching::Pace;
use super::{ImapFault, opening};

/// What trying a folder out showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Mails in the folder.
    pub mails: u32,
    /// Whether the server tells of new mail by itself (IDLE); else it is asked every minute.
    pub tells: bool,
    /// Where mails are to be moved: whether the server can, and that folder is there.
    pub can_move: Option<bool>,
}

/// Connects, signs in, opens the folder read-only, and takes leave.
///
/// # Errors
/// Where a step fails; beside an unknown folder's fault the names of those that there are.
pub async fn try_out(
    folder: &MailFolder,
    roots: &TrustedRoots,
    pace: &Pace,
) -> Result<Tried, (ImapFault, Vec<String>)> {
    let mut dialogue = opening::open(folder, roots, &pace.times).await.map_err(|fault| (fault, Vec::new()))?;
    let tried = match dialogue.open_folder(&folder.folder, false).await {
        Ok(view) => {
            let there = match &folder.move_to {
                None => None,
                Some(to) => {
                    let can = dialogue.can_move();
                    let known = dialogue.folders().await.map_err(|fault| (fault, Vec::new()))?;
                    Some(can && known.iter().any(|name| name == to.as_str()))
                }
            };
            Ok(Tried { mails: view.mails, tells: dialogue.offers("IDLE"), can_move: there })
        }
        Err(fault) if fault.trouble == FolderTrouble::NoFolder => {
            Err((fault, dialogue.folders().await.unwrap_or_default()))
        }
        Err(fault) => Err((fault, Vec::new())),
    };
    dialogue.close().await;
    tried
}
