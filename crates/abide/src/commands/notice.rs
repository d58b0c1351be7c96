//! `abide notice read`: says what mails are, without any effect and without any data of its own.

mod show;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use intake::importing::{Told, read_all};
use intake::reading::{RoomSettings, Understood, reader_of_notices};
use intake::{MailFiles, ReadingRoom};
use model::{Forwarded, Marketplace, MatchedBy, NoticeKind, OrderId, Reading};
use serde::Serialize;

use crate::arguments::NoticeCommand;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::output::{self, Output};

/// A notice as the contract tells it. A mail whose reading failed has no kind.
#[derive(Serialize)]
struct NoticeShown<'a> {
    source: &'a str,
    part: u32,
    kind: Option<NoticeKind>,
    order_id: Option<OrderId>,
    order_ids: &'a [OrderId],
    alias: Option<&'a str>,
    marketplace: Option<Marketplace>,
    language: Option<String>,
    forwarded: Option<Forwarded>,
    matched_by: Option<MatchedBy>,
}

impl<'a> NoticeShown<'a> {
    fn of(source: &'a str, reading: &'a Reading) -> Self {
        Self {
            source,
            part: reading.part,
            kind: Some(reading.kind),
            order_id: reading.order_id(),
            order_ids: &reading.order_ids,
            alias: reading.alias.as_ref().map(model::Alias::as_str),
            marketplace: reading.marketplace,
            language: reading.language.map(|language| language.to_string()),
            forwarded: Some(reading.forwarded),
            matched_by: Some(reading.matched_by),
        }
    }

    const fn unread(source: &'a str) -> Self {
        Self {
            source,
            part: 0,
            kind: None,
            order_id: None,
            order_ids: &[],
            alias: None,
            marketplace: None,
            language: None,
            forwarded: None,
            matched_by: None,
        }
    }
}

#[derive(Default)]
struct Counts {
    mails: u64,
    faults: u64,
    kinds: BTreeMap<&'static str, u64>,
}

pub async fn run(configuration: &Configuration, output: Output, command: NoticeCommand) -> Result<Ended, Failure> {
    let paths = match command {
        NoticeCommand::Read { paths } => paths,
        NoticeCommand::Show { of, mail } => return show::run(configuration, output, &of.account, mail).await,
    };
    let room = reading_room(None)?;
    let (mut counts, mut failure) = (Counts::default(), None);
    read_all(MailFiles::new(&paths), &room, |told| match tell(output, &mut counts, &told) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    })
    .await;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if counts.mails == 0 {
        return Err(Failure::usage("there was no mail to read; the reason stands above"));
    }
    if counts.mails > 1 {
        output.line("")?;
        for (kind, count) in &counts.kinds {
            output.line(&format!("{count:>8}  {kind}"))?;
        }
    }
    Ok(Ended::with_faults(counts.faults > 0))
}

fn tell(output: Output, counts: &mut Counts, told: &Told<Understood>) -> Result<(), Failure> {
    let source = &told.source;
    let understood = match &told.outcome {
        Ok(understood) => understood,
        Err(untaken) => {
            counts.faults += 1;
            output::note(&untaken.to_string());
            return Ok(());
        }
    };
    counts.mails += 1;
    let Some(read_out) = &understood.read_out else {
        counts.faults += 1;
        output::note(&format!("{source}: reading this mail failed, which is a fault of Abide's; please report it"));
        return output.object(&NoticeShown::unread(source));
    };
    for reading in &read_out.read.readings {
        *counts.kinds.entry(reading.kind.as_str()).or_default() += 1;
        output.object(&NoticeShown::of(source, reading))?;
        if !output.is_json() {
            output.line(&in_words(source, reading))?;
        }
    }
    Ok(())
}

/// `mail.eml: opt_out, order 111-1234567-1234567, by a…@marketplace.amazon.it; Amazon IT, it, forwarded inline, by wording`.
fn in_words(source: &str, reading: &Reading) -> String {
    let mut text = format!("{source}: {}", reading.kind);
    if reading.part > 0 {
        text = format!("{source} (attached mail {}): {}", reading.part, reading.kind);
    }
    let mut add = |words: String| {
        text.push_str(", ");
        text.push_str(&words);
    };
    match reading.order_ids.as_slice() {
        [] => {}
        [only] => add(format!("order {only}")),
        several => add(format!("orders {}", several.iter().map(OrderId::as_str).collect::<Vec<_>>().join(" "))),
    }
    if let Some(alias) = &reading.alias {
        add(format!("buyer {}", alias.as_str()));
    }
    if let Some(store) = reading.marketplace {
        add(format!("Amazon {store}"));
    }
    if let Some(language) = reading.language {
        add(format!("language {language}"));
    }
    match reading.forwarded {
        Forwarded::None => {}
        Forwarded::Auto => add("forwarded by a rule".into()),
        Forwarded::Inline => add("forwarded by hand".into()),
        Forwarded::Attached => add("forwarded as attachment".into()),
    }
    if reading.matched_by != MatchedBy::None {
        add(format!("known by its {}", reading.matched_by));
    }
    text
}

/// A room for mails that come from files.
pub fn reading_room(notes: Option<std::path::PathBuf>) -> Result<Arc<ReadingRoom>, Failure> {
    let settings = RoomSettings { notes, ..RoomSettings::default() };
    Ok(Arc::new(ReadingRoom::open(reader_of_notices(), &settings)?))
}
