// The screen of an app: its brand, a form, and what there is.
import { readableOn, theme, type Brand } from '@manacore/shared-branding';
import { chooseLocale, words } from '@manacore/shared-i18n';
import { useState } from 'react';
import { FlatList, Pressable, StyleSheet, Text, TextInput, View } from 'react-native';
import type { Entry, Field, MobileProduct } from './product.ts';
import { useRecords } from './records.ts';

const spoken = words(chooseLocale(Intl.DateTimeFormat().resolvedOptions().locale));

export function RecordsScreen<Records>({ product }: { product: MobileProduct<Records> }) {
  const { brand, fields } = product;
  const { entries, mistakes, isBusy, refresh, add } = useRecords(product);
  return (
    <View style={styles.screen}>
      <View style={[styles.header, { backgroundColor: brand.colour }]}>
        <Text style={[styles.name, { color: readableOn(brand.colour) }]}>{brand.name}</Text>
      </View>
      <Form brand={brand} fields={fields} isBusy={isBusy} add={add} />
      {mistakes.map((mistake) => (
        <Text key={mistake} accessibilityRole="alert" style={styles.mistake}>
          {mistake}
        </Text>
      ))}
      <FlatList
        data={entries}
        keyExtractor={({ id }) => id}
        renderItem={({ item }) => <Row entry={item} />}
        ListEmptyComponent={<Text style={styles.text}>{spoken.nothing}</Text>}
        onRefresh={refresh}
        refreshing={isBusy}
      />
    </View>
  );
}

interface FormProps {
  brand: Brand;
  fields: Field[];
  isBusy: boolean;
  add(form: Record<string, string>): Promise<boolean>;
}

function Form({ brand, fields, isBusy, add }: FormProps) {
  const [form, setForm] = useState<Record<string, string>>({});
  const send = async () => {
    if (await add(form)) setForm({});
  };
  return (
    <View style={styles.form}>
      {fields.map(({ name, label, lines = 1 }) => (
        <TextInput
          key={name}
          style={styles.input}
          placeholder={label}
          accessibilityLabel={label}
          multiline={lines > 1}
          numberOfLines={lines}
          value={form[name] ?? ''}
          onChangeText={(text) => setForm({ ...form, [name]: text })}
        />
      ))}
      <Pressable accessibilityRole="button" disabled={isBusy} style={[styles.button, { backgroundColor: brand.colour }]} onPress={send}>
        <Text style={{ color: readableOn(brand.colour) }}>{spoken.send}</Text>
      </Pressable>
    </View>
  );
}

function Row({ entry }: { entry: Entry }) {
  return (
    <View style={styles.row}>
      <Text style={styles.title}>{entry.title}</Text>
      <Text style={styles.text}>{entry.text}</Text>
    </View>
  );
}

const { space, radius, muted, mistake } = theme;

const styles = StyleSheet.create({
  screen: { flex: 1 },
  header: { padding: space * 2, paddingTop: space * 7 },
  name: { fontSize: 20, fontWeight: '600' },
  form: { gap: space, padding: space * 2 },
  input: { borderColor: muted, borderRadius: radius, borderWidth: 1, padding: space },
  button: { alignItems: 'center', borderRadius: radius, padding: space * 1.5 },
  mistake: { color: mistake, paddingHorizontal: space * 2 },
  row: { paddingHorizontal: space * 2, paddingVertical: space },
  title: { fontWeight: '600' },
  text: { color: muted },
});
