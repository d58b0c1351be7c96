//! Holds a request against what the models demand. A sentence says what is wrong; it names no value.

use model::{Marketplace, Timestamp};
use serde_json::Value as Json;

use crate::operations::{Field, Operation, Value};

pub(crate) fn check(operation: &Operation, query: &[(String, String)], body: &Json) -> Result<(), String> {
    for (place, (name, value)) in query.iter().enumerate() {
        let known = operation.query.iter().find(|(known, ..)| known == name);
        let (_, kind, _) = known.ok_or_else(|| format!("the query has {name}, which the model does not know"))?;
        if query.iter().take(place).any(|(other, _)| other == name) {
            return Err(format!("the query has {name} twice"));
        }
        if !fits(value, *kind) {
            return Err(format!("the query's {name} is not what the model says"));
        }
    }
    for (name, _, required) in operation.query {
        if *required && query.iter().all(|(given, _)| given != name) {
            return Err(format!("the query lacks {name}"));
        }
    }
    let Some(fields) = operation.body else {
        return if body.is_null() { Ok(()) } else { Err("there is a body where the model has none".to_owned()) };
    };
    let object = body.as_object().ok_or("the body is no object of JSON")?;
    for (name, value) in object {
        let known = fields.iter().find(|(known, ..)| known == name);
        let (_, field, _) = known.ok_or_else(|| format!("the body has {name}, which the model does not know"))?;
        if !holds(value, *field) {
            return Err(format!("the body's {name} is not what the model says"));
        }
    }
    match fields.iter().find(|(name, _, required)| *required && !object.contains_key(*name)) {
        Some((name, ..)) => Err(format!("the body lacks {name}")),
        None => Ok(()),
    }
}

fn fits(value: &str, kind: Value) -> bool {
    match kind {
        Value::Text => !value.is_empty(),
        Value::Time => value.parse::<Timestamp>().is_ok(),
        Value::Number(least, most) => value.parse().is_ok_and(|number: u32| (least..=most).contains(&number)),
        Value::Stores(most) => {
            let ids: Vec<&str> = value.split(',').collect();
            ids.len() <= most && ids.iter().all(|id| Marketplace::from_id(id).is_some())
        }
        Value::Words(words) => value.split(',').all(|word| words.contains(&word)),
    }
}

fn holds(value: &Json, field: Field) -> bool {
    let texts = |value: &Json| value.as_array().is_some_and(|list| list.iter().all(Json::is_string));
    match field {
        Field::Time => value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok()),
        Field::Text(least, most) => {
            value.as_str().is_some_and(|text| (least..=most).contains(&text.encode_utf16().count()))
        }
        Field::Stores(most) => {
            let ids = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let known = |id: &Json| id.as_str().is_some_and(|id| Marketplace::from_id(id).is_some());
            (1..=most).contains(&ids.len()) && ids.iter().all(known)
        }
        Field::Words => value.as_object().is_some_and(|words| words.values().all(Json::is_string)),
        Field::ReportType => value.as_str().is_some_and(|name| name.starts_with("GET_")),
        Field::Attachments(least, most) => value
            .as_array()
            .is_some_and(|files| (least..=most).contains(&files.len()) && files.iter().all(is_attachment)),
        Field::Resources => value.as_array().is_some_and(|resources| {
            let is_one = |resource: &Json| {
                let known = ["method", "path", "dataElements"];
                let object = resource.as_object();
                object.is_some_and(|object| object.keys().all(|name| known.contains(&name.as_str())))
                    && resource["method"].is_string()
                    && resource["path"].as_str().is_some_and(|path| path.starts_with('/'))
                    && resource.get("dataElements").is_none_or(texts)
            };
            (1..=50).contains(&resources.len()) && resources.iter().all(is_one)
        }),
    }
}

fn is_attachment(file: &Json) -> bool {
    file.as_object().is_some_and(|object| object.len() == 2)
        && file["uploadDestinationId"].is_string()
        && file["fileName"].is_string()
}
