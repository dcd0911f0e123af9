//! The little of S3's XML that is read and written here: texts of elements in answers, by name,
//! and the body that sets a date.

/// The texts of all elements with a name that hold text alone.
pub(super) fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(open.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once(close.as_str()))
        .map(|(text, _)| unescaped(text))
        .collect()
}

fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, meant)| text.replace(entity, meant))
}

/// The body that keeps an object in compliance mode until a time.
pub(super) fn retention(until: &str) -> String {
    format!(
        "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>COMPLIANCE</Mode>\
         <RetainUntilDate>{until}</RetainUntilDate></Retention>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_by_name() {
        let xml = "<?xml version=\"1.0\"?><List><Contents><Key>a&amp;lt;b</Key><Size>3</Size></Contents>\
                   <Contents><Key>c</Key></Contents><IsTruncated>false</IsTruncated><Key>cut";
        assert_eq!(texts(xml, "Key"), ["a&lt;b", "c"]);
        assert_eq!(texts(xml, "Size"), ["3"]);
        assert!(texts(xml, "NextContinuationToken").is_empty());
        assert!(texts("", "Key").is_empty());
    }
}
