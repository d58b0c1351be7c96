//! Reports: asked for, made after a while, and where their documents lie. The addresses hold for five minutes.

use model::Span;
use serde_json::json;

use crate::answer::Answer;
use crate::fault::Fault;
use crate::shop::{Call, Link, Report, Shop};

/// Their documents are given out for a restricted data token alone.
const RESTRICTED: [&str; 2] =
    ["GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING", "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"];

pub(crate) fn create(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let kind = call.body["reportType"].as_str().unwrap_or_default().to_owned();
    let ending = match &call.fault {
        Some(Fault::ReportCancelled) => "CANCELLED",
        Some(Fault::ReportFatal) => "FATAL",
        // What there is nothing to tell of is cancelled.
        _ if shop.contents.contains_key(&(call.account, kind.clone())) => "DONE",
        _ => "CANCELLED",
    };
    let id = shop.number().to_string();
    shop.reports.insert(id.clone(), Report { account: call.account, kind, asked: call.now, ending });
    Answer::json(202, &json!({"reportId": id}))
}

pub(crate) fn get(shop: &Shop, call: &Call<'_>) -> Answer {
    let id = call.stars.first().copied().unwrap_or_default();
    let Some(report) = shop.reports.get(id).filter(|report| report.account == call.account) else {
        return Answer::not_found();
    };
    let passed = call.now.since(report.asked).as_micros();
    let takes = shop.report_takes.map_or(0, Span::as_micros);
    let status = if passed >= takes {
        report.ending
    } else if passed >= takes / 2 {
        "IN_PROGRESS"
    } else {
        "IN_QUEUE"
    };
    let mut body = json!({
        "reportId": id, "reportType": report.kind, "processingStatus": status, "createdTime": report.asked.to_string(),
    });
    if status == "DONE" {
        body["reportDocumentId"] = json!(format!("amzn1.spdoc.stand-in.{id}"));
    }
    Answer::json(200, &body)
}

pub(crate) fn document(shop: &mut Shop, call: &Call<'_>) -> Answer {
    let given = call.stars.first().copied().unwrap_or_default();
    let id = given.strip_prefix("amzn1.spdoc.stand-in.").unwrap_or_default().to_owned();
    let Some(report) = shop.reports.get(&id).filter(|report| report.account == call.account && report.ending == "DONE")
    else {
        return Answer::not_found();
    };
    if RESTRICTED.contains(&report.kind.as_str()) && !call.restricted {
        return Answer::denied("");
    }
    let gzip = shop.contents.get(&(call.account, report.kind.clone())).is_some_and(|content| content.gzip);
    let charset = match &call.fault {
        Some(Fault::Charset(charset)) => Some(charset.clone()),
        _ => None,
    };
    let key = format!("/document/{}", shop.number());
    let ends = call.now.plus(Span::minutes(5));
    let link = Link { account: call.account, ends, document: Some(id), md5: None, charset, filled: false };
    shop.links.insert(key.clone(), link);
    let mut body = json!({"reportDocumentId": given, "url": format!("{}{key}", shop.base)});
    if gzip {
        body["compressionAlgorithm"] = json!("GZIP");
    }
    Answer::json(200, &body)
}
