//! Configurations as people write them: those of the documentation, and wrong ones.

use std::collections::BTreeMap;

use channels::ChannelConfig;

use crate::env;

const DOCUMENTATION: &str = include_str!("../../../../docs/channels.md");

#[test]
fn the_examples_of_the_documentation_are_right() {
    let mut kinds = Vec::new();
    for block in DOCUMENTATION.split("```yaml\n").skip(1) {
        let yaml = block.split("```").next().unwrap();
        let channels: BTreeMap<String, ChannelConfig> =
            serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{yaml}\n{error}"));
        for (name, config) in channels {
            config.check().unwrap_or_else(|error| panic!("{name}: {error}"));
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<ChannelConfig>(&json).unwrap(), config, "{name}");
            kinds.push(json.split('"').nth(1).unwrap().to_owned());
        }
    }
    for kind in ["ntfy", "sms", "dingtalk", "wecom", "feishu", "webhook", "mail"] {
        assert!(kinds.iter().any(|known| known == kind), "no example of {kind}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let table = [
        ("ntfy: {server: https://a.example, topik: x}", "unknown field `topik`"),
        ("ntfi: {server: https://a.example}", "unknown variant `ntfi`"),
        ("ntfy: {}", "missing field `server`"),
        ("ntfy: {server: https://a.example, token: tk_secret}", "unknown variant"),
        ("ntfy: {server: https://a.example, token: {value: x}}", "unknown variant `value`"),
        ("ntfy: {server: http://a.example}", "server: http:// is for this machine only"),
        (
            "ntfy: {server: https://a.example, token: {env: NONE}}",
            "token: the environment has no variable NONE",
        ),
        (
            "ntfy: {server: https://a.example, authorities: /nowhere}",
            "authorities: the file /nowhere cannot be read",
        ),
        (
            "wecom: {server: http://192.168.1.1, key: {env: TOKEN}}",
            "server: http:// is for this machine only",
        ),
        ("webhook: {url: http://a.example, secret: {env: WHSEC}}", "url: http:// is for this machine only"),
        (
            "webhook: {url: https://a.example, secret: {env: TOKEN}}",
            "secret: the secret of a webhook is whsec_",
        ),
        (
            "webhook: {url: https://a.example, secret: {env: WHSEC}, headers: {Webhook-Id: x}}",
            "headers: \"webhook-id\" is not set here",
        ),
        (
            "mail: {host: smtp.example, security: plain, from: a@b.example}",
            "security: plain is for this machine only",
        ),
        ("mail: {host: smtp.example, security: none, from: a@b.example}", "unknown variant `none`"),
        ("mail: {host: smtp.example, from: a@b.example}", "missing field `security`"),
        ("mail: {host: smtp.example, security: tls, from: a}", "from: not a mailbox such as"),
        (
            "mail: {host: smtp.example, security: tls, from: a@b.example, user: a}",
            "user: user and password go together",
        ),
        ("mail: {host: 'a b', security: tls, from: a@b.example}", "host: not the name of a server"),
        (
            "mail: {host: a, security: tls, from: a@b.example, timeout_seconds: 1}",
            "timeout_seconds: 10 to 300",
        ),
        ("sms: {url: https://a.example}", "body: a POST has a body"),
        ("sms: {url: 'https://a.example?p={phone}&t={text}', method: PUT}", "unknown variant `PUT`"),
        (
            "sms: {url: https://a.example, body: {form: 't={text}'}}",
            "body: neither {phone} nor {mobile} stands",
        ),
        ("sms: {url: https://a.example, body: {form: 'p={phone}'}}", "body: {text} stands nowhere"),
        ("sms: {url: https://a.example, body: {form: 'p={fone}'}}", "body: {fone} is no placeholder"),
        (
            "sms: {url: https://a.example, body: {json: '{\"p\": {phone}, \"t\": \"{text}\"'}}",
            "body: not JSON",
        ),
        ("sms: {url: 'https://{text}.example', body: {form: '{phone}'}}", "url: not an address such as"),
        (
            "sms: {url: 'https://a.example/{phone}', body: {form: '{text}'}}",
            "url: placeholders stand behind the ? only",
        ),
        (
            "sms: {url: https://a.example, body: {form: '{phone}{text}{secret}'}}",
            "secret: {secret} and `secret` go together",
        ),
        (
            "sms: {url: https://a.example, body: {form: '{phone}{text}'}, headers: {X: '{text}'}}",
            "headers: {text} does not stand in a header",
        ),
        (
            "sms: {url: https://a.example, body: {form: '{phone}{text}'}, success: {pointer: Code, equals: OK}}",
            "success: \"Code\" is no JSON pointer",
        ),
        (
            "sms: {url: http://a.example, body: {form: '{phone}{text}'}}",
            "url: http:// is for this machine only",
        ),
    ];
    for (yaml, wanted) in table {
        let found = match serde_saphyr::from_str::<ChannelConfig>(yaml) {
            Ok(config) => config.open(&env).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(wanted), "{yaml}\n{found}");
        assert!(!found.contains("tk_s3cr3t") && !found.contains("MfKQ9"), "{found}");
    }
}

#[test]
fn strictness_holds_in_json_too() {
    for (json, wanted) in [
        (r#"{"ntfy": {"server": "https://a.example", "topik": "x"}}"#, "unknown field `topik`"),
        (r#"{"sms": {"url": "https://a.example", "succes": {}}}"#, "unknown field `succes`"),
        (r#"{"mail": {"host": "a", "pasword": {}}}"#, "unknown field `pasword`"),
        (r#"{"webhook": {"url": "a", "secret": {"env": "A"}, "secrets": []}}"#, "unknown field `secrets`"),
        (r#"{"dingtalk": {"sekret": {}}}"#, "unknown field `sekret`"),
        (r#"{"feishu": {"sekret": {}}}"#, "unknown field `sekret`"),
        (r#"{"wecom": {"kee": {}}}"#, "unknown field `kee`"),
    ] {
        let error = serde_json::from_str::<ChannelConfig>(json).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}
