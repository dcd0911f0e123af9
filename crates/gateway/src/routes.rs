//! Every address that is served. `schemas/openapi.yaml` describes the same; a test compares them.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use serde_json::json;

use crate::desk::{alerts, deliveries, letters, plans, public, reviews};
use crate::problem::Problem;
use crate::{Shared, answer, call_ups, filing, grades, health, notices, receipts, standard, tree};

/// Address, method and what answers.
type Route = (&'static str, &'static str, MethodRouter<Shared>);

fn routes() -> Vec<Route> {
    vec![
        // One name for both: addresses that differ in a name alone are the same address.
        ("/v1/filings/{name}", "post", post(filing::file)),
        ("/v1/filings/{name}", "get", get(receipts::receipt)),
        ("/v1/filings", "get", get(receipts::filings)),
        ("/v1/filings/{name}/refusals", "get", get(receipts::refusals)),
        ("/v1/grades", "get", get(grades::grades)),
        ("/v1/findings", "get", get(grades::findings)),
        ("/v1/notices", "get", get(notices::notices)),
        ("/v1/reviews", "get", get(reviews::list)),
        ("/v1/reviews/steps", "post", post(reviews::steps)),
        ("/v1/alerts", "get", get(alerts::list)),
        ("/v1/alerts/{id}", "get", get(alerts::one)),
        ("/v1/alerts/{id}/steps", "post", post(alerts::step)),
        ("/v1/letters", "get", get(letters::list)),
        ("/v1/letters/{id}", "get", get(letters::one)),
        ("/v1/letters/{id}/steps", "post", post(letters::step)),
        ("/v1/plans", "get", get(plans::list)),
        ("/v1/plans", "post", post(plans::file)),
        ("/v1/plans/{id}/answer", "post", post(plans::answer)),
        ("/v1/deliveries", "get", get(deliveries::list)),
        ("/v1/public-notices", "get", get(public::list)),
        ("/v1/public-notices/{id}/withdraw", "post", post(public::withdraw)),
        ("/notices", "get", get(public::page)),
        ("/notices.atom", "get", get(public::feed)),
        ("/v1/call-ups", "post", post(call_ups::ask)),
        ("/v1/call-ups", "get", get(call_ups::list)),
        ("/v1/call-ups/{id}", "get", get(call_ups::one)),
        ("/v1/call-ups/{id}/content", "put", put(call_ups::answer)),
        ("/v1/call-ups/{id}/content", "get", get(call_ups::content)),
        ("/v1/streams", "get", get(standard::streams)),
        ("/v1/streams/{stream}/schema", "get", get(standard::schema)),
        ("/v1/ledger", "get", get(tree::summary)),
        ("/v1/ledger/proofs/{position}", "get", get(tree::proof)),
        ("/v1/ledger/consistency", "get", get(tree::consistency)),
        ("/checkpoint", "get", get(tree::checkpoint)),
        ("/tile/{*tile}", "get", get(tree::tile)),
        ("/healthz", "get", get(health::alive)),
        ("/readyz", "get", get(health::ready)),
        ("/openapi.yaml", "get", get(health::description)),
    ]
}

/// The router of an engine's gateway.
pub(crate) fn router(context: Shared) -> Router {
    let router = Router::new();
    routes()
        .into_iter()
        .fold(router, |router, (path, _, handler)| router.route(path, handler))
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(axum::middleware::map_response(guarded))
        .with_state(context)
}

async fn nothing_here() -> Problem {
    Problem::not_found("There is nothing at this address.")
}

/// The code table has no code for this: it says nothing that the status does not.
async fn other_method() -> Response {
    let title = "This address does not know the method; the header Allow lists those it knows.";
    let document = json!({ "type": "about:blank", "title": title, "status": 405 });
    answer::json(StatusCode::METHOD_NOT_ALLOWED, "application/problem+json", &document)
}

/// Nothing of ours is to be guessed at by a browser.
async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response.into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::fault::FaultCode;
    use serde_json::Value;

    use super::*;

    fn described() -> Value {
        serde_saphyr::from_str(health::OPENAPI).unwrap()
    }

    /// `get /v1/streams`, with the variable parts as OpenAPI writes them.
    fn spelled(method: &str, path: &str) -> String {
        format!("{method} {}", path.replace("{*", "{"))
    }

    #[test]
    fn the_description_has_every_address_and_no_other() {
        let served: BTreeSet<_> = routes().iter().map(|(path, method, _)| spelled(method, path)).collect();
        let description = described();
        let methods = ["get", "put", "post", "delete", "patch"];
        let mut operations = BTreeSet::new();
        for (path, item) in description["paths"].as_object().unwrap() {
            let here = item.as_object().unwrap().keys().filter(|key| methods.contains(&key.as_str()));
            operations.extend(here.map(|method| spelled(method, path)));
        }
        assert_eq!(served, operations);
    }

    #[test]
    fn the_description_has_every_code_and_no_other() {
        let description = described();
        let described = description["components"]["schemas"]["Code"]["enum"].as_array().unwrap();
        let described: BTreeSet<_> = described.iter().map(|code| code.as_str().unwrap()).collect();
        assert_eq!(described, FaultCode::ALL.iter().map(|code| code.code()).collect());
    }

    #[test]
    fn every_reference_of_the_description_leads_somewhere() {
        fn check(value: &Value, root: &Value) {
            match value {
                Value::Object(members) => {
                    for (name, member) in members {
                        if let ("$ref", Some(reference)) = (name.as_str(), member.as_str()) {
                            let pointer = reference.strip_prefix('#').unwrap();
                            assert!(root.pointer(pointer).is_some(), "{reference}");
                        }
                        check(member, root);
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| check(item, root)),
                _ => {}
            }
        }
        let description = described();
        check(&description, &description);
    }
}
