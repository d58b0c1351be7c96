//! A form with a file, read part by part as it comes in. Its token is the first part: nothing of a form without it is
//! looked at, and no file is ever held whole unless it is small.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;

use crate::forms;
use crate::problem::Problem;

/// The most bytes of a field that is no file.
const LONGEST_FIELD: usize = 1024;

/// A file may be long, but not stand still.
const CHUNK_TIME: Duration = Duration::from_mins(1);

/// A form that comes in.
pub(crate) struct Upload<'t> {
    multipart: Multipart,
    form_token: &'t str,
    token_seen: bool,
    longest_field: usize,
}

/// A part of it.
pub(crate) enum Part<'u> {
    /// A short text.
    Field { name: String, value: String },
    /// The file.
    File(File<'u>),
}

/// A file that comes in.
pub(crate) struct File<'u>(Box<Field<'u>>);

impl<'t> Upload<'t> {
    /// The form must bear `form_token`.
    pub const fn new(multipart: Multipart, form_token: &'t str) -> Self {
        Self { multipart, form_token, token_seen: false, longest_field: LONGEST_FIELD }
    }

    /// Its fields may have so many bytes, since a whole text is typed into one.
    pub const fn with_fields_of(mut self, longest_field: usize) -> Self {
        self.longest_field = longest_field;
        self
    }

    /// The next part, the token left out.
    pub async fn next(&mut self) -> Result<Option<Part<'_>>, Problem> {
        if !self.token_seen {
            let field = self.multipart.next_field().await.map_err(|error| broken(&error))?;
            let field = field.filter(|field| field.name() == Some(forms::TOKEN)).ok_or_else(Problem::foreign_form)?;
            if !forms::is_token(&short(field, LONGEST_FIELD).await?, self.form_token) {
                return Err(Problem::foreign_form());
            }
            self.token_seen = true;
        }
        let Some(field) = self.multipart.next_field().await.map_err(|error| broken(&error))? else { return Ok(None) };
        if field.file_name().is_some() {
            return Ok(Some(Part::File(File(Box::new(field)))));
        }
        let name = field.name().unwrap_or_default().to_owned();
        Ok(Some(Part::Field { name, value: short(field, self.longest_field).await? }))
    }
}

async fn short(mut field: Field<'_>, longest: usize) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > longest {
            return Err(Problem::bad_request());
        }
    }
    String::from_utf8(bytes).map_err(|_| Problem::bad_request())
}

impl File<'_> {
    /// The name that the browser gives it, without the folders that some send along; empty where no file was chosen.
    pub fn name(&self) -> String {
        let name = self.0.file_name().unwrap_or_default();
        name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
    }

    /// The next bytes.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Problem> {
        let chunk = tokio::time::timeout(CHUNK_TIME, self.0.chunk()).await.map_err(|_| Problem::too_slow())?;
        chunk.map_err(|error| broken(&error))
    }

    /// All of a file of at most `largest` bytes.
    pub async fn whole(mut self, largest: usize) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > largest {
                return Err(too_large());
            }
        }
        Ok(bytes)
    }
}

fn too_large() -> Problem {
    Problem::too_large("This file is too large to be uploaded here. Split it, or import it with the command line.")
}

fn broken(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { Problem::bad_request() }
}
