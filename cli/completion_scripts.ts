/**
 * The completion scripts that `riftchat completions` prints. Each one runs `riftchat complete -- WORD…` to get the
 * possible values.
 *
 * Rules: the words are passed on unchanged, each as one argument. No shell evaluates, expands or redirects any of them
 * before Enter is pressed. The answer is lines of a value, a tab and a description; the last line is `:0` if a file
 * name is expected, else `:4`. A script may be sourced twice.
 *
 * @module
 */

/** Readline treats `=` as a word of its own, and bash 3.2 has neither `compopt` nor `mapfile`. */
const BASH = `# Completion of riftchat for bash.
_riftchat() {
    local word value meaning
    local -a words=()
    COMPREPLY=()
    for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
        [[ $word == "=" ]] || words+=("$word")
    done
    [[ \${COMP_WORDS[COMP_CWORD]} == "=" ]] && words+=("")
    # After a redirection a file name is expected.
    [[ \${COMP_WORDS[COMP_CWORD - 1]} == *["<>"]* ]] && return
    while IFS=$'\\t' read -r value meaning; do
        case $value in
            :0) ;;
            :*) compopt +o default 2>/dev/null ;;
            *) COMPREPLY+=("$value") ;;
        esac
    done < <(riftchat complete -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _riftchat riftchat
`;

const ZSH = `#compdef riftchat
# Completion of riftchat for zsh.
_riftchat() {
    local line directive
    local -a lines offered
    lines=("\${(@f)$(riftchat complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
    for line in "\${(@)lines}"; do
        case $line in
            :*) directive=$line ;;
            ?*) offered+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
        esac
    done
    compset -P '--*='
    if [[ $directive == :0 ]]; then
        _files
    else
        _describe riftchat offered
    fi
}
if [[ $funcstack[1] == _riftchat ]]; then
    _riftchat
else
    compdef _riftchat riftchat
fi
`;

const FISH = `# Completion of riftchat for fish.
function __riftchat_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l option (string match -r -- '^--[^=]+=' "$current")
    set -l lines (riftchat complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[-1]" = :0
        set lines (__fish_complete_path (string replace -- "$option" '' "$current"))
    else
        set -e lines[-1]
    end
    for line in $lines
        printf '%s%s\\n' "$option" "$line"
    end
end
complete -c riftchat -e
complete -c riftchat -f -a '(__riftchat_complete)'
`;

/** Older versions drop an empty argument unless it is quoted. An empty result prevents the completion of file names. */
const POWERSHELL = `# Completion of riftchat for PowerShell.
Register-ArgumentCompleter -Native -CommandName 'riftchat' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @(
        $commandAst.CommandElements | Select-Object -Skip 1 |
            Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
            ForEach-Object {
                $text = $_.Extent.Text
                $text.Substring(0, [Math]::Min($text.Length, $cursorPosition - $_.Extent.StartOffset))
            }
    )
    $option = ''
    if ($wordToComplete -eq '') {
        $passing = Get-Variable PSNativeCommandArgumentPassing -ValueOnly -ErrorAction Ignore
        if ("$passing" -in '', 'Legacy') { $words += '""' } else { $words += '' }
    } elseif ($words.Count -gt 0 -and $words[-1] -match '^--[^=]+=') {
        $option = $Matches[0]
    }
    $lines = @(& riftchat complete '--' @words 2>$null)
    foreach ($line in $lines) {
        if ($line.StartsWith(':')) { continue }
        $value, $meaning = $line.Split([char]9, 2)
        if (-not $meaning) { $meaning = $value }
        [System.Management.Automation.CompletionResult]::new($option + $value, $value, 'ParameterValue', $meaning)
    }
    if ($lines.Count -eq 1 -and $lines[0] -ne ':0') { '' }
}
`;

/** The scripts by shell. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  zsh: ZSH,
  bash: BASH,
  fish: FISH,
  powershell: POWERSHELL,
};
