//! Values that someone will put into an input, on purpose or not.

/// Each has to arrive as it is, and nothing in it may be executed or expanded.
pub fn values() -> Vec<String> {
    let values = [
        // shells
        "$(touch pwned)",
        "`touch pwned`",
        "; touch pwned",
        "&& touch pwned",
        "| touch pwned",
        "> pwned",
        "$HOME ${HOME} ~",
        "'",
        "\"",
        "\\",
        "a'b\"c`d",
        "-rf",
        "--help",
        "!!",
        "* ? [a-z]",
        "{a,b}",
        "#comment",
        // PowerShell and cmd
        "$(New-Item pwned)",
        "$env:PATH",
        "%PATH%",
        "^& echo",
        "@('a')",
        // Groovy, expressions, templates
        "${'x'.execute()}",
        "{{ 7 * 7 }}",
        "<% x %>",
        "#{7*7}",
        "$[variables.x]",
        // YAML
        "on",
        "no",
        "12:30",
        "0o17",
        "~",
        "- a",
        "a: b",
        "&anchor *alias",
        "!!python/object:os.system",
        "|\n  x",
        // workflow commands
        "::set-output name=x::y",
        "::add-mask::a",
        "::error::x",
        "##vso[task.setvariable variable=x]y",
        "##[group]x",
        "##teamcity[x]",
        // line ends and what is not ASCII
        "a\nb",
        "a\r\nb\r\n",
        "\n\n",
        "\t",
        " leading and trailing ",
        "\u{1b}[31mred",
        "\u{202e}right to left",
        "ünïcödé 🙂",
        "\u{feff}",
        "</details><!-- -->",
        "EOF\nghadelimiter_x\n",
    ];
    let long = "x".repeat(100_000);
    values.into_iter().map(str::to_owned).chain([long]).collect()
}
