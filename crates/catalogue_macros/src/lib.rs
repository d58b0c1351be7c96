//! `#[told("x.html")]` on a struct makes it an askama template out of `templates/x.html` in all languages of `catalogues/`.
//! The compiler checks each translation as it checks the English text: what is filled in must be there in both.

use std::fs;
use std::path::Path;

use catalogue::{Catalogue, whole_template};
use proc_macro::{Literal, TokenStream, TokenTree};

/// What a page asks for the reader's language.
const ASKS: &str = "crate::language::reads(\"{}\")";

/// Makes a struct the template of that name in all languages.
#[proc_macro_attribute]
pub fn told(name: TokenStream, item: TokenStream) -> TokenStream {
    match attributes(&name) {
        Ok(attributes) => attributes.into_iter().chain(item).collect(),
        Err(why) => {
            let error: Result<TokenStream, _> = format!("compile_error!({});", Literal::string(&why)).parse();
            error.unwrap_or_default().into_iter().chain(item).collect()
        }
    }
}

fn attributes(name: &TokenStream) -> Result<TokenStream, String> {
    let name = match name.clone().into_iter().next() {
        Some(TokenTree::Literal(name)) => name.to_string().trim_matches('"').to_owned(),
        _ => return Err("a page is named by its file, like #[told(\"help.html\")]".to_owned()),
    };
    let root = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| "cargo tells no directory of the crate".to_owned())?;
    let (templates, catalogues) = (Path::new(&root).join("templates"), Path::new(&root).join("catalogues"));
    let read = |name: &str| fs::read_to_string(templates.join(name)).ok();
    let template = whole_template(&name, &read)?;
    let languages = catalogues_in(&catalogues)?;
    let named: Vec<(&str, &Catalogue)> = languages.iter().map(|(code, catalogue)| (code.as_str(), catalogue)).collect();
    let source = catalogue::told(&template, &named, ASKS).map_err(|why| format!("{name}: {why}"))?;
    // Askama tells the compiler nothing of files that it did not read itself; the crate's build script names them all.
    let text =
        format!("#[derive(::askama::Template)] #[template(source = {}, ext = \"html\")]", Literal::string(&source));
    text.parse().map_err(|_| format!("{name} could not be made into a template"))
}

/// All catalogues, by their languages' codes, in their order.
fn catalogues_in(directory: &Path) -> Result<Vec<(String, Catalogue)>, String> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "po") {
            continue;
        }
        let code = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let catalogue = Catalogue::read(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        found.push((code, catalogue));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}
