package main

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"wasmplugin/clawdbot"
)

// bytesMax is the largest file that is read: all of it stands in memory.
const bytesMax = 8 << 20

type table struct {
	names []string
	rows  [][]string
}

func said(locale, english, chinese string) error {
	if locale == "zh-CN" {
		return errors.New(chinese)
	}
	return errors.New(english)
}

// open reads the wanted file, or the first that is a table by its name or kind.
func open(wanted *int, locale string) (table, error) {
	var listed struct {
		Attachments []struct {
			Name      string `json:"name"`
			MediaType string `json:"media_type"`
			Bytes     int    `json:"bytes"`
		} `json:"attachments"`
	}
	if err := clawdbot.FilesAttachments(&listed); err != nil {
		return table{}, err
	}
	index := -1
	for at, file := range listed.Attachments {
		if wanted != nil && *wanted == at || wanted == nil && index < 0 && isTable(file.Name, file.MediaType) {
			index = at
		}
	}
	if index < 0 {
		return table{}, said(locale, "no table was sent along: send a CSV or JSON file", "没有随消息发来表格：请发送 CSV 或 JSON 文件")
	}
	if listed.Attachments[index].Bytes > bytesMax {
		return table{}, said(locale, "the file is larger than 8 MB", "文件超过 8 MB")
	}
	content, err := fetch(index)
	if err != nil {
		return table{}, err
	}
	read, err := parse(content)
	if err != nil {
		return table{}, fmt.Errorf("%s: %w", listed.Attachments[index].Name, err)
	}
	if len(read.names) == 0 {
		return table{}, said(locale, "the file has no columns", "文件里没有列")
	}
	return read, nil
}

func isTable(name, mediaType string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".tsv") || strings.HasSuffix(name, ".json") ||
		mediaType == "text/csv" || mediaType == "application/json"
}

func fetch(index int) ([]byte, error) {
	var content []byte
	for {
		var piece struct {
			Bytes int    `json:"bytes"`
			Body  string `json:"body_base64"`
		}
		options := clawdbot.FilesAttachmentOptions{Offset: float64(len(content))}
		if err := clawdbot.FilesAttachment(float64(index), options, &piece); err != nil {
			return nil, err
		}
		more, err := base64.StdEncoding.DecodeString(piece.Body)
		if err != nil {
			return nil, err
		}
		content = append(content, more...)
		if len(more) == 0 || len(content) >= piece.Bytes || len(content) > bytesMax {
			return content, nil
		}
	}
}

func parse(content []byte) (table, error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	trimmed := bytes.TrimLeft(content, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '[' {
		return parseJSON(trimmed)
	}
	return parseCSV(content)
}

// parseJSON reads a list of objects; the columns are their names, in the order in which they first occur.
func parseJSON(content []byte) (table, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(content, &list); err != nil {
		return table{}, err
	}
	var read table
	places := map[string]int{}
	objects := make([]map[string]string, 0, len(list))
	for _, element := range list {
		object := map[string]string{}
		decoder := json.NewDecoder(bytes.NewReader(element))
		if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
			return table{}, errors.New("a list of objects is wanted")
		}
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				return table{}, err
			}
			var value json.RawMessage
			if err := decoder.Decode(&value); err != nil {
				return table{}, err
			}
			name := key.(string)
			if _, known := places[name]; !known {
				places[name] = len(read.names)
				read.names = append(read.names, name)
			}
			object[name] = plain(value)
		}
		objects = append(objects, object)
	}
	for _, object := range objects {
		row := make([]string, len(read.names))
		for name, value := range object {
			row[places[name]] = value
		}
		read.rows = append(read.rows, row)
	}
	return read, nil
}

// plain is a text without its quotes; null is nothing, and everything else as it is written.
func plain(value json.RawMessage) string {
	var text *string
	if json.Unmarshal(value, &text) == nil {
		if text == nil {
			return ""
		}
		return *text
	}
	return string(value)
}

func parseCSV(content []byte) (table, error) {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.Comma = separator(content)
	reader.FieldsPerRecord = -1
	reader.LazyQuotes = true
	var read table
	for {
		row, err := reader.Read()
		if err == io.EOF {
			return read, nil
		}
		if err != nil {
			return table{}, err
		}
		for at := range row {
			row[at] = strings.TrimSpace(row[at])
		}
		if read.names == nil {
			read.names = row
			continue
		}
		for len(row) < len(read.names) {
			row = append(row, "")
		}
		read.rows = append(read.rows, row[:len(read.names)])
	}
}

// separator is the one that stands most often in the first line.
func separator(content []byte) rune {
	first, _, _ := bytes.Cut(content, []byte("\n"))
	best, count := ',', 0
	for _, candidate := range ",;\t|" {
		if found := strings.Count(string(first), string(candidate)); found > count {
			best, count = candidate, found
		}
	}
	return best
}
