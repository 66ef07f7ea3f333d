//! The sentence in front of a code that works in place of a link. Not a template, because it is a
//! part of others, and only where there is a code.

/// The sentence in a language, or in English.
pub(crate) fn sentence(locale: &str) -> &'static str {
    match locale {
        "bg" => "Вместо да отворите връзката, можете да въведете този код:",
        "cs" => "Místo otevření odkazu můžete zadat tento kód:",
        "de" => "Statt dem Link zu folgen, können Sie diesen Code eingeben:",
        "es" => "En lugar de abrir el enlace, puedes escribir este código:",
        "fr" => "Au lieu de suivre le lien, vous pouvez saisir ce code :",
        _ => "Instead of following the link, you can type this code:",
    }
}
